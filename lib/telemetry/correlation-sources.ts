import { fieldOf } from '../core/field.ts';
import { type HeaderEvent, headerValues } from '../core/http-event.ts';
import { unwrapSns } from '../core/sns.ts';
import { readTraceContext, withoutOws } from './trace-context.ts';

/** The correlation that an event brings. A value that is not valid counts as absent. */
export interface FoundCorrelation {
  readonly id?: string | undefined;
  /** W3C trace context, to be sent on. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

const ID = /^[A-Za-z0-9._:-]{1,128}$/;

const validId = (value: unknown): string | undefined =>
  typeof value === 'string' && ID.test(value) ? value : undefined;

/** The one value of a header. With two that differ, which one is right is unknown, so there is none. */
function headerOf(event: HeaderEvent, name: string): string | undefined {
  const [value, ...others] = headerValues(event, name);
  return others.length === 0 && typeof value === 'string' ? withoutOws(value) : undefined;
}

/** The id in an event of EventBridge, or in an envelope. */
const messageId = (message: unknown): string | undefined =>
  validId(fieldOf(message, ['detail', 'metadata', 'correlationId'])) ??
  validId(fieldOf(message, ['metadata', 'correlationId']));

/** The correlation with the trace's id where the event brings no other. */
function correlationWith(
  id: string | undefined,
  traceparents: readonly unknown[],
  tracestates: readonly unknown[],
): FoundCorrelation {
  const { traceId, traceparent, tracestate } = readTraceContext(traceparents, tracestates) ?? {};
  return { id: id ?? traceId, traceparent, tracestate };
}

/** The correlation of an HTTP event or of an event of EventBridge. Never throws. */
export function correlationOf(event: unknown, header: string): FoundCorrelation {
  if (typeof event !== 'object' || event === null) return {};
  return correlationWith(
    validId(headerOf(event, header)) ?? messageId(event),
    headerValues(event, 'traceparent'),
    headerValues(event, 'tracestate'),
  );
}

/** The value of a record's message attribute, as a list like that of a header. */
function attributeValues(record: unknown, name: string): readonly unknown[] {
  const value = fieldOf(record, ['messageAttributes', name, 'stringValue']);
  return value === undefined ? [] : [value];
}

/**
 * The correlation of a queue's record: of its message attributes `correlationId`, `traceparent` and `tracestate`. Without an
 * id there, that of an event in its body, since a rule of EventBridge cannot set attributes; also in a notification of SNS.
 */
export function correlationOfRecord(record: unknown): FoundCorrelation {
  const [attribute] = attributeValues(record, 'correlationId');
  return correlationWith(
    validId(attribute) ?? messageId(unwrapSns(parsed(fieldOf(record, ['body'])))),
    attributeValues(record, 'traceparent'),
    attributeValues(record, 'tracestate'),
  );
}

function parsed(body: unknown): unknown {
  if (typeof body !== 'string' || !body.startsWith('{')) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    // A body that is not JSON has no id. Whether it is an error is for the record's handler to say.
    return undefined;
  }
}
