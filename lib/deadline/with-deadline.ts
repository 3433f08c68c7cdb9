import { DeadlineExceededError } from '../core/errors.ts';
import { runInContext } from '../core/invocation-context.ts';
import { runWithin, type Timed } from '../core/time-limit.ts';
import { beginInvocation } from './begin.ts';
import { checkDeadlineOptions, type DeadlineOptions } from './options.ts';

/**
 * Wraps a handler so that it is over in time: its protected calls know how long they have, and one that takes longer than
 * the invocation has left, less a reserve, is answered with `DeadlineExceededError` (504) while there is time to do so. The
 * handler is handed a signal that aborts then. A request whose time is over when it arrives is refused at once.
 *
 * An event can shorten the time by `detail.metadata.expiresAt`, and a caller by a header where `fromHeader` says so; neither
 * can make it longer. Once the handler has answered, its invocation limits nothing any more.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @throws {DeadlineExceededError} from the handler, when the time is over.
 * @example
 * ```ts
 * export const handler = withDeadline({ reserveMs: 200 }, async (_event: HttpEvent, _context: RemainingTime, { signal }) => {
 *   const answer = await boundedFetch('https://rates.example/eur', { signal });
 *   return { statusCode: 200, body: answer.text() };
 * });
 * ```
 */
export function withDeadline<E, C, R>(
  options: DeadlineOptions,
  handle: (event: E, context: C, time: Timed) => R | Promise<R>,
): (event: E, context: C) => Promise<R> {
  const settings = checkDeadlineOptions('withDeadline', options);
  return async (event, context) => {
    const { context: own, invocation, limitMs } = beginInvocation(event, context, settings);
    const exceeded = () => new DeadlineExceededError('The invocation', "invocation's deadline", limitMs);
    try {
      return await runWithin({ clock: settings.clock, limitMs, exceeded }, (time) =>
        runInContext(own, handle, event, context, time),
      );
    } finally {
      invocation.isOver = true;
    }
  };
}
