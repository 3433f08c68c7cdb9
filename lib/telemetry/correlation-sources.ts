import { fieldOf } from '../core/field.ts';
import { type HeaderEvent, headerValues } from '../core/http-event.ts';

/** What an event says about the request that it belongs to. Whatever is not valid is as if it were not there. */
export interface FoundCorrelation {
  readonly id?: string | undefined;
  /** The W3C trace context, to be sent on as it came. */
  readonly traceparent?: string | undefined;
}

const ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Version 00 of https://www.w3.org/TR/trace-context/, in which neither id is all zeros. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const validId = (value: unknown): string | undefined =>
  typeof value === 'string' && ID.test(value) ? value : undefined;

/** The one value of a header. Two that differ are none: nobody knows which is right. */
function headerOf(event: HeaderEvent, name: string): string | undefined {
  const [value, ...others] = headerValues(event, name);
  return others.length === 0 && typeof value === 'string' ? value.trim() : undefined;
}

/** The id in an event of EventBridge, or in an envelope. */
const messageId = (message: unknown): string | undefined =>
  validId(fieldOf(message, ['detail', 'metadata', 'correlationId'])) ??
  validId(fieldOf(message, ['metadata', 'correlationId']));

/** The id of an HTTP event or of an event of EventBridge. Without one, the trace's. Never throws. */
export function correlationOf(event: unknown, header: string): FoundCorrelation {
  if (typeof event !== 'object' || event === null) return {};
  const value = headerOf(event, 'traceparent') ?? '';
  const traceId = TRACEPARENT.exec(value)?.[1];
  return {
    id: validId(headerOf(event, header)) ?? messageId(event) ?? traceId,
    traceparent: traceId && value,
  };
}

/**
 * The id of a queue's record: its message attribute `correlationId`, or that of an event in its body, which a rule cannot
 * make an attribute of.
 */
export function correlationOfRecord(record: unknown): FoundCorrelation {
  const attribute = fieldOf(record, ['messageAttributes', 'correlationId', 'stringValue']);
  return { id: validId(attribute) ?? messageId(parsed(fieldOf(record, ['body']))) };
}

function parsed(body: unknown): unknown {
  if (typeof body !== 'string' || !body.startsWith('{')) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    // What is not JSON has no id; whether that is an error, its handler knows.
    return undefined;
  }
}
