import { decodeResult, encodeResult, isServerError } from './codec.ts';
import { type IdempotencyOptions, idempotencyGuard, type RemainingTime } from './guard.ts';
import { isOutcomeUnknown } from './outcome.ts';

/**
 * Wraps a handler, or one step inside it, so that for one key it runs once: a repeated call gets the recorded result,
 * one that comes while the first still runs is refused with 409, and one with another payload with 422. A run that
 * throws, or answers with a status of 500 or more, frees the key. When a sandbox dies in the middle, or the error (or
 * what led to it) is a time limit or a `StoreError`, the outcome is unknown: the next call is refused with 409 until the
 * lease (the invocation's remaining time and a margin) has ended, and then runs again.
 *
 * The store is waited for no longer than a second; without a claim nothing runs, and the caller gets 503.
 *
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
export function idempotent<E, C extends RemainingTime, R>(
  options: IdempotencyOptions<E>,
  run: (event: E, context: C) => Promise<R>,
): (event: E, context: C) => Promise<R> {
  const guard = idempotencyGuard(options);
  return async (event, context) => {
    const begun = await guard.begin(event, context);
    if (begun.kind === 'replay') return decodeResult(begun.result) as R;
    let result: R;
    try {
      result = await run(event, context);
    } catch (error) {
      if (!isOutcomeUnknown(error)) await guard.release(begun);
      throw error;
    }
    if (isServerError(result)) {
      await guard.release(begun);
      return result;
    }
    const text = encodeResult(result);
    await guard.complete(begun, text);
    return decodeResult(text) as R;
  };
}
