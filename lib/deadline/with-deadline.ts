import { DeadlineExceededError } from '../core/errors.ts';
import { type Invocation, invocationContext, runInContext } from '../core/invocation-context.ts';
import { runWithin, type Timed } from '../core/time-limit.ts';
import { timeOfInvocation } from './invocation-time.ts';
import { checkDeadlineOptions, type DeadlineOptions } from './options.ts';

/**
 * How long a handler has to answer with what came of its protected calls, which end when its time is over: a fallback, or an
 * error of its own. Milliseconds: a timer may be late by a few, and a fallback is given one at least. It is taken of the
 * reserve.
 */
const GRACE_MS = 25;

const graceMs = (reserveMs: number): number => Math.min(GRACE_MS, reserveMs / 2);

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
  const { clock, reserveMs } = settings;
  return async (event, context) => {
    const parent = invocationContext();
    const { limitMs, endsAt } = timeOfInvocation(event, context, settings, parent);
    const invocation: Invocation = { isOver: false };
    const own = { scope: invocation, parent, clock, endsAt, invocation };
    const exceeded = () => new DeadlineExceededError('The handler', "invocation's deadline", limitMs);
    const work = (run: Timed) =>
      handle(event, context, {
        endsAt,
        remainingMs: () => Math.max(0, endsAt - clock.monotonic()),
        get signal() {
          return run.signal;
        },
      });
    try {
      // The timer too: the listeners of the signal then run in this invocation's context.
      return await runInContext(own, () =>
        runWithin({ clock, limitMs: limitMs + graceMs(reserveMs), exceeded }, work),
      );
    } finally {
      invocation.isOver = true;
    }
  };
}
