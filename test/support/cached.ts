import { type Cache, type CacheOptions, cache } from '../../lib/cache/index.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { lowest } from './retried.ts';

/** A cache whose values are fresh for a second, on a clock that stands still. */
export function cached<T>(given: Partial<CacheOptions<T>> = {}): {
  readonly clock: FakeClock;
  readonly kept: Cache<T>;
} {
  const clock = fakeClock();
  return { clock, kept: cache<T>({ name: 'kept', ttlMs: 1_000, clock, random: lowest, ...given }) };
}

/** A dependency that answers after so many milliseconds with "1", "2" and so on. */
export function numbered(clock: FakeClock, ms: number) {
  const signals: AbortSignal[] = [];
  const call = async ({ signal }: Pick<CallContext, 'signal'>): Promise<string> => {
    signals.push(signal);
    const number = signals.length;
    await sleep(clock, ms, signal);
    return `${number}`;
  };
  return { call, signals };
}
