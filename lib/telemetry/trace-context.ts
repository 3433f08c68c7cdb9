/*
 * W3C Trace Context, level 1: https://www.w3.org/TR/trace-context-1/. A function that makes no span of its own forwards the
 * context of its caller ("Mutating the traceparent Field"). What is not valid is not forwarded.
 */

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** Version 00. */
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

const isOws = (char: string | undefined): boolean => char === ' ' || char === '\t';

/**
 * Optional whitespace of a header, which is not part of its value: spaces and tabs, and no line break. A loop, since a regular
 * expression takes quadratic time for the whitespace inside of a value, which a client may send in any amount.
 */
export function withoutOws(value: string): string {
  let from = 0;
  let to = value.length;
  while (isOws(value[from])) from++;
  while (to > from && isOws(value[to - 1])) to--;
  return value.slice(from, to);
}

/** Fields of version 00, and of any higher one behind which a dash and more may come. Neither id is all zeros. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The one flag that version 00 defines: the caller may have recorded the trace. */
const SAMPLED = 0x01;

/**
 * A higher version is read as version 00 and sent on as one: its first four fields are those of version 00, and what it says
 * beyond them is unknown here, flags too ("Versioning of traceparent").
 */
function readTraceparent(value: string): Omit<TraceContext, 'tracestate'> | undefined {
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(value) ?? [];
  if (traceId === undefined || flags === undefined) return undefined;
  if (version === '00') return more === undefined ? { traceId, traceparent: value } : undefined;
  const sampled = Number.parseInt(flags, 16) & SAMPLED;
  return { traceId, traceparent: `00-${traceId}-${parentId}-0${sampled}` };
}

/** `key=value`, where the key of a system with tenants is `tenant@system` ("list-members"). */
const MEMBER =
  /^([a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** List members of a tracestate: with more it is invalid ("tracestate Header Field Values"). */
const MAX_MEMBERS = 32;
/** Characters that are forwarded, which is as few as a forwarder may choose ("tracestate Limits"). */
const MAX_LENGTH = 512;
/** Members longer than this are the first to go where a tracestate is too long (ibid.). */
const LONG_MEMBER = 128;

/** Leaves out whole members: from the end, the long ones before the others. */
function shortened(members: readonly string[]): readonly string[] {
  const kept = [...members];
  while (kept.join(',').length > MAX_LENGTH) {
    const long = kept.findLastIndex((member) => member.length > LONG_MEMBER);
    kept.splice(long < 0 ? kept.length - 1 : long, 1);
  }
  return kept;
}

/** Several headers are one list. Empty members are allowed and left out; whitespace around members is too. */
function readTracestate(values: readonly string[]): string | undefined {
  const members = values
    .flatMap((value) => value.split(','))
    .map(withoutOws)
    .filter((member) => member !== '');
  const isValid = members.length <= MAX_MEMBERS && members.every((member) => MEMBER.test(member));
  // An empty header must be accepted and should not be sent.
  return isValid ? shortened(members).join(',') || undefined : undefined;
}

/**
 * Reads what one caller sent. Without a valid `traceparent` there is no context, whatever the `tracestate`; an invalid
 * `tracestate` leaves the `traceparent` valid. More than one `traceparent` is none: which one is right is unknown.
 */
export function readTraceContext(
  traceparents: readonly unknown[],
  tracestates: readonly unknown[],
): TraceContext | undefined {
  const [traceparent] = traceparents;
  if (traceparents.length !== 1 || typeof traceparent !== 'string') return undefined;
  const read = readTraceparent(withoutOws(traceparent));
  if (read === undefined) return undefined;
  const isText = tracestates.every((value) => typeof value === 'string');
  return { ...read, tracestate: isText ? readTracestate(tracestates as readonly string[]) : undefined };
}
