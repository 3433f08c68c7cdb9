import { beginRun, type Call, type ExecuteOptions, unprotected } from '../core/call.ts';
import { classifyError } from '../core/classify.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** A degraded value, the same one each time, or a function that makes one. */
export type Fallback<T> = T | ((error: unknown) => T | Promise<T>);

const isBug = (error: unknown): boolean => classifyError(error) === 'bug';

const giveInstead = <T>(instead: Fallback<T>, error: unknown): T | Promise<T> =>
  typeof instead === 'function' ? (instead as (error: unknown) => T | Promise<T>)(error) : instead;

/**
 * A fallback of several: the first of them that gives a value, each asked when the one before it has failed. All are told
 * the error of the call. A programming error in one of them is thrown, and otherwise what the last one throws.
 * @example
 * ```ts
 * const rates = resilient<number>({
 *   name: 'rates',
 *   fallback: firstOf(async () => Number(await memoryStore().get('rate')), 1),
 * });
 * ```
 */
export const firstOf =
  <T>(...fallbacks: readonly Fallback<T>[]): ((error: unknown) => Promise<T>) =>
  async (error) => {
    let last = error;
    for (const next of fallbacks) {
      try {
        return await giveInstead(next, error);
      } catch (failed) {
        if (isBug(failed)) throw failed;
        last = failed;
      }
    }
    throw last;
  };

export interface FallbackOptions<T> {
  /** The degraded value, or what makes one. An object is the same one each time: use a function where callers change it. */
  readonly fallback: Fallback<T>;
  /** For which errors it stands in. Default: for all but programming errors. */
  readonly fallbackWhen?: (error: unknown) => boolean;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** Gives the value that stands in for an error, where one does; else it throws the error. */
export function insteadBy<T>({
  fallback: instead,
  fallbackWhen = (error) => !isBug(error),
}: Partial<FallbackOptions<T>>): (error: unknown) => Promise<T> {
  return async (error) => {
    if (instead === undefined || !fallbackWhen(error)) throw error;
    return giveInstead(instead, error);
  };
}

/**
 * Gives a degraded value where a call fails.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const kindly = fallback<number | null>({ fallback: null });
 * const count = await kindly.execute(async () => Promise.reject(new Error('down'))); // null
 * ```
 */
export function fallback<T>(options: FallbackOptions<T>): {
  execute(call: Call<T>, options?: ExecuteOptions): Promise<T>;
} {
  checkOptions('fallback', options, {
    required: { fallback: rule.defined() },
    optional: { fallbackWhen: rule.fn(), clock: rule.object() },
  });
  const clock = options.clock ?? systemClock;
  const instead = insteadBy(options);
  return {
    execute: async (call, callOptions) => unprotected(beginRun(clock, call, callOptions)).catch(instead),
  };
}
