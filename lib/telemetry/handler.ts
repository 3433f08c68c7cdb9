export type AnyHandler = (event: unknown, ...rest: readonly unknown[]) => unknown;

const isWritable = (value: unknown): boolean =>
  typeof (value as { readonly write?: unknown } | null | undefined)?.write === 'function';

/** The context of an invocation: the argument after the event, or after the stream of a streaming handler. */
export const contextOf = ([first, second]: readonly unknown[]): unknown =>
  isWritable(first) ? second : first;
