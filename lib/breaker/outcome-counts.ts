import type { Item } from '../core/store.ts';
import { countsPrefix } from '../core/table-layout.ts';
import * as limits from './constants.ts';
import type { OpeningRule, Slot } from './rule.ts';

/*
 * The reports of all environments, added up by the store in one item for each epoch, which keeps late reports out. For each slot of
 * time: `f`, the failed calls that were reported, `s`, the others, and `c`, how many calls the reports stand for.
 */
const MAX_CALLS_PER_REPORT = limits.MAX_STORED_RATE / limits.REPORTS_PER_SECOND;
const COUNT = /^[fsc][0-9a-z]{1,11}$/;

export const countsKey = (name: string, epoch: number, { windowMs }: OpeningRule): string =>
  `${countsPrefix(name)}${epoch}#${windowMs}`;

/** What one report adds, which stands for so many calls, and when the item may be removed, in seconds since the epoch. */
export function reportOf(
  failed: boolean,
  calls: number,
  now: number,
  { slotMs }: OpeningRule,
): { readonly amounts: Readonly<Record<string, number>>; readonly expiresAt: number } {
  const slot = Math.floor(now / slotMs).toString(limits.SLOT_RADIX);
  const amounts = { [`${failed ? 'f' : 's'}${slot}`]: 1, [`c${slot}`]: calls };
  return { amounts, expiresAt: Math.ceil(now / 1_000) + limits.COUNTS_KEPT_SECONDS };
}

/** A slot with the calls that its reports stand for. */
export interface CountedSlot extends Slot {
  readonly calls: number;
}

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
    const counted = failed + countIn(`s${slot}`, slotMs);
    window.push({
      ageMs,
      reports: counted,
      failures: failed,
      calls: countIn(`c${slot}`, counted * MAX_CALLS_PER_REPORT),
    });
    reports += counted;
    failures += failed;
  }
  return { window, reports, failures, stale: stale.length > limits.MAX_STALE_COUNTS ? stale : [] };
}
