import { causeOf } from '../core/cause.ts';
import type { Item } from '../core/store.ts';
import { countsPrefix } from '../core/table-layout.ts';
import * as limits from './constants.ts';
import type { CallOutcome } from './permit.ts';
import type { OpeningRule } from './rule.ts';
import { type CountedSlot, measuredRate } from './sampling.ts';
import type { StateCache } from './state-cache.ts';
import { publishRate, trip } from './transitions.ts';

/*
 * The reports of all environments, added up by the store in one item for each epoch, which keeps late reports out. For each slot of
 * time: `f`, the failed calls that were reported, `s`, the others, and `c`, how many calls the reports stand for.
 */
const MAX_CALLS_PER_REPORT = limits.MAX_STORED_RATE / limits.REPORTS_PER_SECOND;
const COUNT = /^[fsc][0-9a-z]{1,11}$/;

export const countsKey = (name: string, epoch: number, { windowMs }: OpeningRule): string =>
  `${countsPrefix(name)}${epoch}#${windowMs}`;

/** What an item says at a moment. */
export interface OutcomeCounts {
  /** The slots of the window, the newest first, and their sums. */
  readonly window: readonly CountedSlot[];
  readonly reports: number;
  readonly failures: number;
  /** Attributes to remove, where there are many that belong to no window. */
  readonly stale: readonly string[];
}

/**
 * A slot of the near future, by a clock that is ahead, is now. No key takes more than a write a millisecond, and no report stands for
 * more calls than it does at the highest rate: higher counts are left out, as is what is no count.
 */
export function readCounts(item: Item, now: number, rule: OpeningRule): OutcomeCounts {
  const { slotMs } = rule;
  const window: CountedSlot[] = [];
  const stale: string[] = [];
  let [reports, failures] = [0, 0];
  const countIn = (name: string, max: number): number => {
    const value = item[name];
    return typeof value === 'number' && value >= 0 && value <= max ? value : 0;
  };
  const numbers = new Set<number>();
  for (const name of Object.keys(item))
    if (COUNT.test(name)) numbers.add(Number.parseInt(name.slice(1), limits.SLOT_RADIX));
  // The newest first.
  for (const number of Float64Array.from(numbers).sort().reverse()) {
    const slot = number.toString(limits.SLOT_RADIX);
    const ageMs = Math.max(0, now - (number + 1) * slotMs);
    const isAhead = number * slotMs > now + rule.windowMs;
    if (isAhead || !rule.isInWindow(ageMs, reports)) {
      stale.push(`f${slot}`, `s${slot}`, `c${slot}`);
      continue;
    }
    const failed = countIn(`f${slot}`, slotMs);
    const all = failed + countIn(`s${slot}`, slotMs);
    const calls = countIn(`c${slot}`, all * MAX_CALLS_PER_REPORT);
    window.push({ ageMs, reports: all, failures: failed, calls });
    reports += all;
    failures += failed;
  }
  return { window, reports, failures, stale: stale.length > limits.MAX_STALE_COUNTS ? stale : [] };
}

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
  const { name, store, clock, rule, report } = cache.tools;
  const { failed, slow = false } = outcome;
  const now = clock.now();
  const key = countsKey(name, epoch, rule);
  const slot = Math.floor(now / rule.slotMs).toString(limits.SLOT_RADIX);
  const amounts = { [`${failed ? 'f' : 's'}${slot}`]: 1, [`c${slot}`]: calls };
  const expiresAt = Math.ceil(now / 1_000) + limits.COUNTS_KEPT_SECONDS;
  const item = await cache.access.ask('add', ({ signal }) => store.add(key, amounts, { expiresAt, signal }));
  // A call of another epoch says nothing about this one.
  if (item === undefined || cache.callsPerReport(epoch) === Infinity) return;
  const { window, reports, failures, stale: remove } = readCounts(item, now, rule);
  if (failed) report?.({ kind: 'breaker-report', name, calls: reports, failures, slow });
  if (failed && rule.shouldOpen(window)) return open(cache, outcome, epoch);
  await updateRate(cache, window);
  if (remove.length === 0) return;
  await cache.access.ask('add', ({ signal }) => store.add(key, {}, { expiresAt, signal, remove }));
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
  if (epoch > 0 && cache.now.ageMs < rule.windowMs + limits.MAX_RAMP_MS) return;
  if (measuredRate(window, cache.state.rate) === undefined) return;
  // Another environment may have written it already, and to read that costs a tenth of a write.
  if (!cache.isFresh) await cache.refresh();
  const rate = measuredRate(window, cache.state.rate);
  if (rate === undefined || cache.callsPerReport(epoch) === Infinity) return;
  await cache.change(publishRate(cache.state, clock.now(), Math.round(rate)));
}
