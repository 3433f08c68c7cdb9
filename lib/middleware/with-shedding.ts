import type { SheddingOptions } from '../shedding/options.ts';
import { Shedder } from '../shedding/shedder.ts';
import { type AnyHandler, contextOf } from '../telemetry/handler.ts';

/**
 * Wraps a handler so that under overload requests are shed by priority: `low` ones first, with `OverloadedError` (503 and
 * `Retry-After`), before the handler runs.
 *
 * | where | who is shed |
 * | --- | --- |
 * | several requests at once in a process: Managed Instances, containers, servers | what comes above `limit` waits, `high` before `normal` before `low`; what finds no room, or whose turn would not come in time, is shed, `low` ones first |
 * | Lambda, one at a time in an environment | `low` ones, while more is offered than the reserved concurrency serves. What Lambda throttles before the handler runs, it throttles whatever its priority |
 * | everywhere | `low` ones, while one of the `breakers` is not closed |
 *
 * Warm-up pings and health checks are never shed. It takes a handler of `awslambda.streamifyResponse` too, whose second argument
 * is the response stream. Use it inside of `withDeadline`: what waits then has no more time than its invocation.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {OverloadedError} from the handler, where a request is shed.
 * @example
 * ```ts
 * const priority = routePriority({ 'POST /orders': 'high', 'GET /reports/{id}': 'low' });
 * export const handler = withShedding({ priority }, async (_event: HttpEvent) => ({ statusCode: 200 }));
 * ```
 */
export function withShedding<E, C, R>(
  options: SheddingOptions<E, C>,
  handle: (event: E, context: C) => R,
): (event: E, context: C) => Promise<Awaited<R>>;
export function withShedding<E, S, C, R>(
  options: SheddingOptions<E, C>,
  handle: (event: E, responseStream: S, context: C) => R,
): (event: E, responseStream: S, context: C) => Promise<Awaited<R>>;
export function withShedding(options: SheddingOptions, handle: AnyHandler): AnyHandler {
  const shedder = new Shedder('withShedding', options);
  return async (event, ...rest) => {
    const begun = shedder.begin(event, contextOf(rest));
    const stay = begun instanceof Promise ? await begun : begun;
    try {
      return await handle(event, ...rest);
    } finally {
      stay.end();
    }
  };
}
