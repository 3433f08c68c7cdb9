import type { BreakerStore } from '../../lib/breaker/options.ts';
import { INITIAL, type Verdict, verdictKey, writeVerdict } from '../../lib/breaker/verdict.ts';

/** Failures in a row after which a breaker opens for sure, while nobody knows the rate. */
export const ENOUGH_FAILURES = 13;

/** Puts a verdict into the store, as if the fleet had come to it. */
export async function putVerdict(
  store: BreakerStore,
  change: Partial<Verdict>,
  name = 'posts',
): Promise<void> {
  await store.put(verdictKey(name), writeVerdict({ ...INITIAL, version: 1, epoch: 1, ...change }));
}

export async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await work();
}
