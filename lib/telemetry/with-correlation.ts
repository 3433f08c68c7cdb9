import { type CorrelationOptions, correlatedInvocations } from './correlated-invocations.ts';
import { type AnyHandler, contextOf } from './handler.ts';

/**
 * Wraps a handler so that each invocation has a correlation id, which `correlationId()` and `correlationHeaders()` give to all
 * code that the handler calls, also where other invocations run in the same process. The id comes from the header or the
 * `traceparent` of an HTTP event, or from `detail.metadata.correlationId` of an event of EventBridge. An id that is not 1 to
 * 128 characters of A-Z, a-z, 0-9, ".", "_", ":", "-" is dropped, and a new one made. An HTTP answer brings the id back in the
 * header; any other response, a stream too, and what the handler throws is handed on as it is.
 *
 * The id ends with the handler for all but the work that it leaves running. Records of a queue have ids of their own: see
 * `correlated`. It takes a handler of `awslambda.streamifyResponse` too, whose second argument is the response stream.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = withCorrelation({}, async (_event: HttpEvent) => ({
 *   statusCode: 200,
 *   body: JSON.stringify({ id: correlationId() }),
 * }));
 * ```
 */
export function withCorrelation<E, C, R>(
  options: CorrelationOptions,
  handle: (event: E, context: C) => R,
): (event: E, context: C) => Promise<Awaited<R>>;
export function withCorrelation<E, S, C, R>(
  options: CorrelationOptions,
  handle: (event: E, responseStream: S, context: C) => R,
): (event: E, responseStream: S, context: C) => Promise<Awaited<R>>;
export function withCorrelation(options: CorrelationOptions, handle: AnyHandler): AnyHandler {
  const invocations = correlatedInvocations('withCorrelation', options);
  return async (event, ...rest) => {
    const invocation = invocations.begin(event, contextOf(rest));
    const response = await invocation.run(() => handle(event, ...rest));
    return invocation.end({ response });
  };
}
