import type { Json } from '../core/json.ts';
import { IdempotencyGuard } from './guard.ts';
import type { IdempotencyOptions } from './options.ts';
import { type Claim, runOnce, UNPROTECTED } from './run-once.ts';

/**
 * Wraps a handler, or one step inside it, so that for one key it runs once: a repeated call gets the recorded result,
 * one that comes while the first still runs is refused with 409, and one with another payload with 422. A run that
 * throws, or answers with a status of 500 or more, frees the key; with `hold`, only where the error proves that nothing happened. When
 * an execution environment dies in the middle, or the run ends with a time limit or a store that did not answer, the outcome is unknown:
 * the claim stays until its lease (the invocation's remaining time and a margin) has ended, and then `onUnknownOutcome` says what
 * happens.
 *
 * The result is what JSON makes of it, for the first caller as for all others. One that JSON cannot hold, that is too large
 * or a stream, is not returned twice: duplicates get `ResultNotStoredError` (500), and the run is not made again for it. A
 * handler that writes to Lambda's response stream itself is refused before it runs.
 *
 * Further arguments are handed on after `claim`, such as Middy's `{ signal }`.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * export const handler = idempotent(
 *   { store, operation: 'create-order', key: header('Idempotency-Key') },
 *   async () => ({ statusCode: 201 }),
 * );
 * ```
 */
export function idempotent<E, C, R, A extends readonly unknown[] = []>(
  options: IdempotencyOptions<E>,
  run: (event: E, context: C, claim: Claim<NoInfer<R>>, ...more: A) => Promise<R>,
): (event: E, context: C, ...more: A) => Promise<Json<R>> {
  const guard = new IdempotencyGuard(options);
  return async (event, context, ...more) => {
    const begun = await guard.begin(event, context);
    switch (begun.kind) {
      case 'replay':
        return begun.result as Json<R>;
      case 'unprotected':
        return run(event, context, UNPROTECTED, ...more) as Promise<Json<R>>;
      case 'run':
        return runOnce<E, R>(guard, begun, (claim) => run(event, context, claim, ...more)) as Promise<
          Json<R>
        >;
    }
  };
}
