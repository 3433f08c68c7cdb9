import type { Forcing, Waits } from '../../lib/breaker/transitions.ts';
import { INITIAL, type Verdict, verdictKey, writeVerdict } from '../../lib/breaker/verdict.ts';
import type { CountingStore } from '../../lib/core/store.ts';

/** Where the fleet's verdict stands. */
export const KEY = verdictKey('posts');

/** How long it stays open of 5,000 ms, at the least, with a chance of 0. */
export const OPEN_MS = 4_900;

/** Failures in a row after which a breaker opens for sure, while nobody knows the rate. */
export const ENOUGH_FAILURES = 19;

/** Puts a verdict into the store, as if the fleet had come to it. */
export async function putVerdict(
  store: CountingStore,
  change: Partial<Verdict>,
  name = 'posts',
): Promise<void> {
  await store.put(verdictKey(name), writeVerdict({ ...INITIAL, version: 1, epoch: 1, ...change }));
}

export async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await work();
}

/** Verdicts to change, and what they are changed with: no more and no less than what was asked for. */
export const closed: Verdict = { ...INITIAL, version: 9, epoch: 4, since: 50_000, rate: 20 };
export const open: Verdict = { ...INITIAL, version: 8, epoch: 3, state: 'open', until: 1_000, rate: 20 };
export const even: Waits = { openMs: 500, chance: 0.5 };
export const forcing: Forcing = { state: 'open', forMs: 60_000, by: 'ada' };
