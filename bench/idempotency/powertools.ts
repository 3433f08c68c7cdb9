/* All that the comparison knows of Powertools for AWS Lambda (TypeScript). */
import { AsyncLocalStorage } from 'node:async_hooks';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import type { ResponseHook } from '@aws-lambda-powertools/idempotency/types';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { installedVersion } from './newest.ts';
import type {
  ErrorKind,
  Guard,
  Hooks,
  HttpGuard,
  Library,
  OddTable,
  Row,
  Run,
  Sandbox,
  SandboxOptions,
  Subject,
} from './subject.ts';
import { openTable, type Table, type WireItem } from './table.ts';

const KEY_ATTRIBUTE = 'id';
const A_DAY_SECONDS = 86_400;

/*
 * Powertools takes no clock but asks `Date.now`, so that is what is replaced. Only what a sandbox with a clock of its own
 * calls, now or later, sees that clock; everything else in this process goes on with the machine's.
 */
const clocks = new AsyncLocalStorage<(() => number) | undefined>();
const machineNow = Date.now;
let clocksInUse = 0;

function replaceDateNow(): void {
  if (clocksInUse++ > 0) return;
  Date.now = () => {
    const now = clocks.getStore();
    // A clock may itself ask for the time, and means the machine's.
    return now === undefined ? machineNow() : clocks.run(undefined, now);
  };
}

function restoreDateNow(): void {
  if (--clocksInUse === 0) Date.now = machineNow;
}

/** Our paths are JMESPath as they are; several make a multi-select list. */
function jmesPathOf(paths: readonly string[]): string {
  return paths.length > 1 ? `[${paths.join(', ')}]` : (paths[0] ?? '');
}

/** What its documentation has for each: `powertools_json` for a body, `||` for the spellings, `&&` for what may be missing. */
function httpPathOf({ bodyField, optionalBodyField, isParsed = false }: HttpGuard): string {
  const body = isParsed ? 'body' : 'powertools_json(body)';
  if (bodyField !== undefined) return `${body}.${bodyField}`;
  const header = 'headers."idempotency-key" || headers."Idempotency-Key"';
  return optionalBodyField === undefined ? header : `[${header}, body && ${body}.${optionalBodyField}]`;
}

/** What a key must come with, so that one key on two paths is not one request. */
const REQUEST_PATH = '[requestContext.http.method || httpMethod, rawPath || path, body]';

interface Answer {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly cookies?: unknown;
}

/** A response hook, which may change what a repetition gets: without the headers that were for the first caller. */
function withoutHeaders(names: readonly string[]): (response: unknown) => unknown {
  return (response) => {
    const { cookies: _, headers = {}, ...rest } = response as Answer;
    const kept = Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase()));
    return { ...rest, headers: Object.fromEntries(kept) };
  };
}

/** Its own errors, as a handler would answer them. They may be wrapped. */
const STATUSES: Readonly<Record<string, number>> = {
  IdempotencyKeyError: 400,
  IdempotencyAlreadyInProgressError: 409,
  IdempotencyInconsistentStateError: 409,
  IdempotencyValidationError: 422,
};

function statusOf(error: unknown): number | undefined {
  const { name = '', cause } = (error ?? {}) as { readonly name?: string; readonly cause?: unknown };
  return STATUSES[name] ?? (cause === undefined ? undefined : statusOf(cause));
}

function sandboxOn(
  table: Table,
  { fault, now }: SandboxOptions,
  attributes: { readonly keyAttr: string; readonly sortKeyAttr?: string } = { keyAttr: KEY_ATTRIBUTE },
): Sandbox {
  const client = table.client(fault);
  const newLayer = () =>
    new DynamoDBPersistenceLayer({ tableName: table.name, ...attributes, awsSdkV3Client: client });
  const persistenceStore = newLayer();
  // Its lease is the remaining time and has no margin, and what it does after an unknown end cannot be chosen.
  const optionsOf = ({ operation, key, requireKey, retentionSeconds, cache }: Guard) => ({
    persistenceStore,
    config: new IdempotencyConfig({
      eventKeyJmesPath: jmesPathOf(key),
      throwOnNoIdempotencyKey: requireKey ?? false,
      expiresAfterSeconds: retentionSeconds ?? A_DAY_SECONDS,
      useLocalCache: cache ?? false,
    }),
    ...(operation !== undefined && { keyPrefix: operation }),
  });
  // A layer has one configuration, so each of these gets a layer of its own.
  const httpOptionsOf = (guard: HttpGuard) => ({
    persistenceStore: newLayer(),
    config: new IdempotencyConfig({
      eventKeyJmesPath: httpPathOf(guard),
      payloadValidationJmesPath: REQUEST_PATH,
      throwOnNoIdempotencyKey: true,
      expiresAfterSeconds: A_DAY_SECONDS,
      ...(guard.ownHeaders && { responseHook: withoutHeaders(guard.ownHeaders) as ResponseHook }),
    }),
    keyPrefix: guard.operation,
  });
  const timed = <A extends readonly unknown[], R>(call: (...args: A) => R): ((...args: A) => R) =>
    now === undefined ? call : (...args) => clocks.run(now, () => call(...args));
  type MiddlewareOptions = Parameters<typeof makeHandlerIdempotent>[0];
  const hooksOf = (options: MiddlewareOptions): Hooks => {
    const { before, after, onError } = makeHandlerIdempotent(options) as Required<Hooks>;
    return { before: timed(before), after: timed(after), onError: timed(onError) };
  };
  const wrap: Sandbox['wrap'] = (guard, run) => timed(makeIdempotent(run, optionsOf(guard)) as Run);
  return {
    wrap,
    middleware: (guard) => hooksOf(optionsOf(guard)),
    http(guard, run) {
      const call = makeIdempotent(run, httpOptionsOf(guard)) as Run;
      return async (event, context) => {
        try {
          return await call(event, context);
        } catch (error) {
          const statusCode = statusOf(error);
          if (statusCode === undefined) throw error;
          return { statusCode, body: (error as Error).message };
        }
      };
    },
    httpMiddleware: (guard) => hooksOf(httpOptionsOf(guard)),
    writing: (guard, keysOf) =>
      wrap(guard, async (event) => {
        const TransactItems = keysOf(event).map((key) => ({
          Put: { TableName: table.name, Item: { [attributes.keyAttr]: { S: key } } },
        }));
        await client.send(new TransactWriteItemsCommand({ TransactItems }));
        return 'written';
      }),
  };
}

async function oddSandbox(endpoint: string, odd: OddTable, tables: Table[]): Promise<Sandbox> {
  const attributes =
    odd === 'a sort key' ? { keyAttr: KEY_ATTRIBUTE, sortKeyAttr: 'sk' } : { keyAttr: 'status' };
  const table = await openTable(endpoint, attributes.keyAttr, attributes.sortKeyAttr);
  tables.push(table);
  return sandboxOn(table, {}, attributes);
}

function rowOf(item: WireItem): Row {
  const { [KEY_ATTRIBUTE]: key, status, data } = unmarshall(item);
  return { key, state: status === 'COMPLETED' ? 'completed' : 'in-progress', result: data };
}

function errorKind(error: unknown): ErrorKind {
  switch (error instanceof Error ? error.name : '') {
    case 'IdempotencyAlreadyInProgressError':
      return 'in-flight';
    case 'IdempotencyKeyError':
      return 'no-key';
    default:
      return 'other';
  }
}

const typed: Library['typed'] = (_form, handler) => `
import { makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'orders' });
export const wrapped = makeIdempotent(${handler}, { persistenceStore });`;

export const powertools: Library = {
  name: 'Powertools',
  version: installedVersion('@aws-lambda-powertools/idempotency'),
  typed,
  async open(endpoint): Promise<Subject> {
    const table = await openTable(endpoint, KEY_ATTRIBUTE);
    const tables = [table];
    let isClockReplaced = false;
    return {
      sandbox(options = {}) {
        if (options.now && !isClockReplaced) {
          isClockReplaced = true;
          replaceDateNow();
        }
        return sandboxOn(table, options);
      },
      odd: (odd) => oddSandbox(endpoint, odd, tables),
      rows: async () => (await table.items()).map(rowOf),
      remove: ({ key }) => table.remove(key),
      errorKind,
      typed,
      close() {
        if (isClockReplaced) restoreDateNow();
        for (const each of tables) each.close();
      },
    };
  },
};
