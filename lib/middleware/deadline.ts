import { enterInvocationContext, type Invocation } from '../core/invocation-context.ts';
import { beginInvocation } from '../deadline/begin.ts';
import { checkDeadlineOptions, type DeadlineOptions } from '../deadline/options.ts';
import type { Middleware, MiddyRequest } from './types.ts';

/**
 * Tells every protected call in an invocation how long it may take: what the invocation has left, less a reserve for the
 * answer. A request whose time is over when it arrives is refused with `DeadlineExceededError` (504) before the handler
 * runs. What is left running when the answer has been given counts for nothing after that, since the sandbox may be frozen
 * meanwhile.
 *
 * A caller can shorten the time by a header, and an event by `detail.metadata.expiresAt`; nobody can make it longer.
 *
 * Use it before whatever calls others. What Middy makes impossible here, and `withDeadline` around the handler has:
 * - it bounds the calls, not the handler: one that waits for something else is ended by Lambda, or by Middy's own
 *   `timeoutEarlyInMillis`, as late as that is;
 * - no signal is handed to the handler;
 * - Middy runs no `after` when a middleware answers early, so what such an invocation has left running is taken for alive
 *   until its time is over.
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
  const invocations = new WeakMap<object, Invocation>();
  const end = async (request: MiddyRequest<E, unknown, R>) => {
    const invocation = invocations.get(request);
    if (invocation) invocation.isOver = true;
  };
  return {
    // Up to its first await it runs in Middy's own context, whose later steps therefore see what is entered here.
    async before(request) {
      const begun = beginInvocation(request.event, request.context, settings);
      invocations.set(request, begun.invocation);
      enterInvocationContext(begun.context);
      return undefined;
    },
    after: end,
    onError: end,
  };
}
