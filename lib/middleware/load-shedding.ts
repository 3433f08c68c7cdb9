import type { SheddingOptions } from '../shedding/options.ts';
import { Shedder, type Stay } from '../shedding/shedder.ts';
import { hooks } from './adapter/hooks.ts';
import type { Middleware } from './types.ts';

const sessionOf = (stay: Stay) => ({
  end() {
    stay.end();
    return undefined;
  },
});

/**
 * Sheds requests by priority under overload, as `withShedding` does, before the handler and the middlewares inside run.
 *
 * Use it inside of `problemDetails`, which makes the answer of it, 503 with `Retry-After`, and inside of `deadline`: what waits
 * then has no more time than its invocation. `warmup` and `health` outside of it answer before it.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(problemDetails())
 *   .use(deadline())
 *   .use(loadShedding({ priority: claimPriority('plan', { business: 'high', free: 'low' }) }))
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function loadShedding<E, C, R>(options: SheddingOptions<E, C> = {}): Required<Middleware<E, C, R>> {
  const shedder = new Shedder('loadShedding', options);
  return hooks('loadShedding', (event, context) => {
    const begun = shedder.begin(event, context);
    return begun instanceof Promise ? begun.then(sessionOf) : sessionOf(begun);
  });
}
