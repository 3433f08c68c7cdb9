import { readsManyValues } from '../core/answer-headers.ts';

/** How an invocation ended. `error` may be anything, `undefined` too: that the member is there says that it was thrown. */
export type InvocationOutcome<R = unknown> = { readonly response: R } | { readonly error: unknown };

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, unknown>> | null;
}

/**
 * A copy would lose what these are: a stream, which an incoming message of `node:http` is too, with its status code, and an
 * object that says itself what it is in JSON.
 */
const isUncopyable = (value: object): boolean =>
  'pipe' in value || Symbol.asyncIterator in value || 'toJSON' in value;

const isHttpAnswer = (response: unknown): response is HttpAnswer =>
  typeof response === 'object' &&
  response !== null &&
  typeof (response as { readonly statusCode?: unknown }).statusCode === 'number';

function copyWithHeader<R>(event: unknown, response: R, name: string, value: string): R {
  if (!isHttpAnswer(response) || isUncopyable(response)) return response;
  const isList = readsManyValues(event);
  const member = isList ? 'multiValueHeaders' : 'headers';
  const headers = response[member];
  // A `Headers` object has no members of its own, which a copy would lose.
  if (typeof headers === 'object' && headers !== null && Symbol.iterator in headers) return response;
  const others = Object.entries(headers ?? {}).filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  return { ...response, [member]: { ...Object.fromEntries(others), [name]: isList ? [value] : value } };
}

/**
 * A copy of an HTTP answer with one more header, in the format that the event asks for. Anything else, and what cannot be read,
 * as it is.
 */
export function withHeader<R>(event: unknown, response: R, name: string, value: string): R {
  try {
    return copyWithHeader(event, response, name, value);
  } catch {
    // The answer is worth more than the header.
    return response;
  }
}
