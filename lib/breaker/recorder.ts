import { causeOf } from '../core/cause.ts';
import { MAX_RAMP_MS } from './constants.ts';
import { type CountedSlot, countsKey, readCounts, reportOf } from './outcome-counts.ts';
import type { CallOutcome } from './permit.ts';
import { measuredRate } from './sampling.ts';
import type { StateCache } from './state-cache.ts';
import { publishRate, trip } from './transitions.ts';

/**
 * Reports an outcome, which stands for so many calls, to the counts of all environments. Who reports a failure gets the new
 * counts, and opens the breaker when they say so. Never rejects.
 */
export async function reportOutcome(
  cache: StateCache,
  outcome: CallOutcome,
  epoch: number,
  calls: number,
): Promise<void> {
  const { name, store, access, clock, rule, report } = cache.tools;
  const { failed, slow = false } = outcome;
  const now = clock.now();
  const key = countsKey(name, epoch, rule);
  const { amounts, expiresAt } = reportOf(failed, calls, now, rule);
  const item = await access.ask('add', ({ signal }) => store.add(key, amounts, { expiresAt, signal }));
  // A call of another epoch says nothing about this one.
  if (item === undefined || cache.callsPerReport(epoch) === Infinity) return;
  const { window, reports, failures, stale: remove } = readCounts(item, now, rule);
  if (failed) report?.({ kind: 'breaker-report', name, calls: reports, failures, slow });
  if (failed && rule.shouldOpen(window)) return open(cache, outcome, epoch);
  await updateRate(cache, window);
  if (remove.length === 0) return;
  await access.ask('add', ({ signal }) => store.add(key, {}, { expiresAt, signal, remove }));
}

async function open(cache: StateCache, { cause, slow }: CallOutcome, epoch: number): Promise<void> {
  const { clock, random, openMs } = cache.tools;
  const what = causeOf(cause) || (slow ? 'slow call' : '');
  // Another environment may just have published a rate, which is no reason against it.
  for (let tries = 0; tries < 2 && cache.callsPerReport(epoch) < Infinity; tries++) {
    const { state, now } = cache;
    const waits = { openMs, chance: random.next(), ageMs: now.ageMs, cause: what };
    if (await cache.change(trip(state, clock.now(), waits))) return;
  }
}

async function updateRate(cache: StateCache, window: readonly CountedSlot[]): Promise<void> {
  const { clock, rule } = cache.tools;
  const { epoch } = cache.state;
  // The calls of a ramp are fewer than there will be.
  if (epoch > 0 && cache.now.ageMs < rule.windowMs + MAX_RAMP_MS) return;
  if (measuredRate(window, cache.state.rate) === undefined) return;
  // Another environment may have written it already, and to read that costs a tenth of a write.
  if (!cache.isFresh) await cache.refresh();
  const rate = measuredRate(window, cache.state.rate);
  if (rate === undefined || cache.callsPerReport(epoch) === Infinity) return;
  await cache.change(publishRate(cache.state, clock.now(), Math.round(rate)));
}
