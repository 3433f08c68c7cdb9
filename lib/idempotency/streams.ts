const hasMethod = (value: unknown, name: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Record<string, unknown>)[name] === 'function';

/** What Lambda hands to a handler that streams its response, in place of the context. */
export const isWritable = (value: unknown): boolean => hasMethod(value, 'write') && hasMethod(value, 'end');

const isReadable = (value: unknown): boolean => hasMethod(value, 'pipe') || hasMethod(value, 'pipeThrough');

/** Whether a result is a stream, or an HTTP answer whose body is one: it can be read once, by one caller. */
export const isStreamed = (result: unknown): boolean =>
  isReadable(result) || isReadable((result as { readonly body?: unknown } | null | undefined)?.body);
