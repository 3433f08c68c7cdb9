import type { EmfOptions } from './emf.ts';
import { type AnyHandler, contextOf } from './handler.ts';
import { invocationMetrics } from './invocation-metrics.ts';

/**
 * Wraps a handler so that each invocation writes one line of metrics, by `function` and your own dimensions.
 *
 * | metric | value |
 * | --- | --- |
 * | `Invocations` | 1 |
 * | `Errors` | 1 where the handler threw or answered with a status of 500 or more, else 0: the average is the fraction |
 * | `ColdStarts` | 1 for the first invocation of this wrapper in an execution environment, else 0 |
 * | `Duration` | from the call of the handler to its answer, milliseconds |
 * | `RemainingTime` | what was left of the function's timeout at the end, milliseconds; absent where the context does not say |
 *
 * No metric holds anything of the event or the answer. The answer or error of the handler is handed on as it is, also where
 * the line cannot be written. Make it the outermost wrapper, so that it sees what the others answer. It takes a handler of
 * `awslambda.streamifyResponse` too, whose second argument is the response stream.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = withTelemetry({ namespace: 'Shop', dimensions: { stage: 'prod' } }, async () => ({
 *   statusCode: 200,
 * }));
 * ```
 */
export function withTelemetry<E, C, R>(
  options: EmfOptions,
  handle: (event: E, context: C) => R,
): (event: E, context: C) => Promise<Awaited<R>>;
export function withTelemetry<E, S, C, R>(
  options: EmfOptions,
  handle: (event: E, responseStream: S, context: C) => R,
): (event: E, responseStream: S, context: C) => Promise<Awaited<R>>;
export function withTelemetry(options: EmfOptions, handle: AnyHandler): AnyHandler {
  const metrics = invocationMetrics(options);
  return async (event, ...rest) => {
    const invocation = metrics.begin(event, contextOf(rest));
    try {
      const response = await handle(event, ...rest);
      invocation.end({ response });
      return response;
    } catch (error) {
      invocation.end({ error });
      throw error;
    }
  };
}
