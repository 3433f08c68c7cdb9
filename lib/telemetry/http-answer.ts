/** How an invocation ended. `error` may be anything, `undefined` too: that the member is there says that it was thrown. */
export type InvocationOutcome<R = unknown> = { readonly response: R } | { readonly error: unknown };

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, unknown>> | null;
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

function copyWithHeader<R>(response: R, name: string, value: string): R {
  if (!isHttpAnswer(response) || isUncopyable(response)) return response;
  const { headers } = response;
  // A `Headers` object has no members of its own, which a copy would lose.
  if (typeof headers === 'object' && headers !== null && Symbol.iterator in headers) return response;
  const others = Object.entries(headers ?? {}).filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  return { ...response, headers: { ...Object.fromEntries(others), [name]: value } };
}

/** A copy of an HTTP answer with one more header. Anything else, and what cannot be read, as it is. */
export function withHeader<R>(response: R, name: string, value: string): R {
  try {
    return copyWithHeader(response, name, value);
  } catch {
    // The answer is worth more than the header.
    return response;
  }
}
