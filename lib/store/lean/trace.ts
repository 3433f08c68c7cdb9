import { textOf } from '../../core/property.ts';

/*
 * OpenTelemetry, where its API is present. Its copies find each other by a global symbol, and so does this: nothing is imported,
 * and where nothing has registered there is nothing to do.
 * @see https://opentelemetry.io/docs/specs/semconv/database/dynamodb/
 */

interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface Span {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
}

interface Api {
  readonly trace?: {
    getTracer(name: string): { startSpan(name: string, options: object, context?: Context): Span };
  };
  readonly context?: { active(): Context };
  readonly propagation?: {
    inject(context: Context, carrier: Record<string, unknown>, setter: { set: typeof set }): void;
  };
}

const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const CLIENT_KIND = 2;
const ERROR_STATUS = 2;

function set(carrier: Record<string, unknown>, name: string, value: unknown): void {
  carrier[name] = value;
}

/** One request of the store, in a span of its own where there are spans. */
export interface Traced {
  /** What continues the trace on the other side. */
  readonly headers: Readonly<Record<string, string>>;
  end(error?: unknown): void;
}

const UNTRACED: Traced = { headers: {}, end: () => undefined };

/** Of a user's code, which changes nothing here. */
function safely<R>(work: () => R, otherwise: R): R {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

/** Text of one line under a name that a header may have: another would fail the request. */
const isHeader = ([name, value]: readonly [string, unknown]): boolean =>
  /^[\w-]+$/.test(name) && typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value);

function started(api: Api, operation: string, table: string | undefined): Traced {
  const active = api.context?.active();
  const attributes = {
    'db.system.name': 'aws.dynamodb',
    'db.operation.name': operation,
    ...(table && { 'aws.dynamodb.table_names': [table] }),
  };
  const span = api.trace
    ?.getTracer('fibrin')
    .startSpan(`DynamoDB.${operation}`, { kind: CLIENT_KIND, attributes }, active);
  const carrier: Record<string, unknown> = {};
  const inner = span ? active?.setValue(SPAN, span) : active;
  safely(() => inner && api.propagation?.inject(inner, carrier, { set }), undefined);
  return {
    headers: Object.fromEntries(Object.entries(carrier).filter(isHeader)) as Record<string, string>,
    end(error) {
      safely(() => {
        if (error !== undefined) {
          span?.setAttribute('error.type', textOf(error, 'name') || '_OTHER');
          span?.setStatus({ code: ERROR_STATUS });
        }
        span?.end();
      }, undefined);
    },
  };
}

/** Begins one, and never throws. */
export function traced(operation: string, table: string | undefined): Traced {
  const api = (globalThis as { readonly [API]?: Api })[API];
  return api ? safely(() => started(api, operation, table), UNTRACED) : UNTRACED;
}
