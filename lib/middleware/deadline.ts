import type { Invocation } from '../core/invocation-context.ts';
import { timeOfInvocation } from '../deadline/invocation-time.ts';
import { checkDeadlineOptions, type DeadlineOptions } from '../deadline/options.ts';
import { enterContext, surroundings } from './adapter/entered-context.ts';
import { hooks } from './adapter/hooks.ts';
import type { Middleware } from './types.ts';

/**
 * Gives every protected call in an invocation the time that is left: what Lambda gives the invocation, less a reserve for the
 * answer. A request whose time is over when it arrives is refused with `DeadlineExceededError` (504) before the handler runs.
 * A call that is still running when the answer has been given counts for nothing, since Lambda may freeze the execution
 * environment meanwhile. An invocation that is over limits nothing, however it ended.
 *
 * An event can shorten the time by `detail.metadata.expiresAt`, and a caller by a header where `fromHeader` says so; neither
 * can make it longer.
 *
 * Use it outside of everything that makes calls. What Middy makes impossible here, and `withDeadline` around the handler has:
 * - it limits the calls, not the handler: one that waits for something else is ended by Lambda, or by Middy's own
 *   `timeoutEarlyInMillis`;
 * - no signal is handed to the handler.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const rates = resilient<string>({ name: 'rates' });
 * export const handler = middy()
 *   .use(deadline({ reserveMs: 200 }))
 *   .handler(() =>
 *     rates.execute(async ({ signal }) => {
 *       const answer = await boundedFetch('https://rates.example/eur', { signal, headers: deadlineHeaders() });
 *       return answer.text();
 *     }),
 *   );
 * ```
 */
export function deadline<E, R>(options: DeadlineOptions = {}): Required<Middleware<E, unknown, R>> {
  const settings = checkDeadlineOptions('deadline', options);
  return hooks('deadline', (event, context) => {
    const { endsAt } = timeOfInvocation(event, context, settings, surroundings());
    const invocation: Invocation = { isOver: false };
    enterContext({ scope: invocation, endsAt, clock: settings.clock, invocation });
    return {
      end() {
        invocation.isOver = true;
        return undefined;
      },
    };
  });
}
