import type { Item } from '../core/store.ts';
import { COUNTS_KEPT_SECONDS, MAX_STALE_COUNTS, SLOT_RADIX, WINDOW_SLOTS } from './constants.ts';
import type { OpeningRule, Slot } from './rule.ts';

/*
 * The reports of all environments, added up by the store in one item for each epoch. For each slot of time: `f`, the failed calls
 * that were reported, `s`, the others, and `c`, how many calls the reports stand for. The epoch in the key keeps late reports out.
 */

export const countsKey = (name: string, epoch: number, { windowMs }: OpeningRule): string =>
  `outcomes#${name}#${epoch}#${windowMs}`;

/** What one report adds, which stands for so many calls. */
export function amountsOf(
  failed: boolean,
  calls: number,
  now: number,
  { slotMs }: OpeningRule,
): Record<string, number> {
  const slot = Math.floor(now / slotMs).toString(SLOT_RADIX);
  return { [`${failed ? 'f' : 's'}${slot}`]: 1, [`c${slot}`]: calls };
}

/** When the item may be removed. Seconds since the epoch. */
export const expiryAt = (now: number): number => Math.ceil(now / 1_000) + COUNTS_KEPT_SECONDS;

/** A slot with the calls that its reports stand for. */
export interface CountedSlot extends Slot {
  readonly calls: number;
}

const COUNT = /^[fsc][0-9a-z]{1,11}$/;

/** The slots of an item with counts, by their numbers, the newest first. */
function slotsIn(item: Item): readonly (readonly [number: number, counts: Record<string, number>])[] {
  const slots = new Map<number, Record<string, number>>();
  for (const [name, value] of Object.entries(item)) {
    if (!COUNT.test(name) || typeof value !== 'number') continue;
    const number = Number.parseInt(name.slice(1), SLOT_RADIX);
    slots.set(number, { ...slots.get(number), [name.charAt(0)]: value });
  }
  return [...slots].sort(([one], [other]) => other - one);
}

/**
 * The slots of the window, the newest first, and the attributes to remove, where there are many that belong to no window. A slot
 * of the near future, by a clock that is ahead, is now. No key takes more than a write a millisecond: higher counts are left out.
 */
export function readCounts(
  item: Item,
  now: number,
  rule: OpeningRule,
): { readonly window: readonly CountedSlot[]; readonly stale: readonly string[] } {
  const { slotMs } = rule;
  const window: CountedSlot[] = [];
  const stale: string[] = [];
  let reports = 0;
  const plausible = (count = 0) => (count >= 0 && count <= slotMs ? count : 0);
  for (const [number, { f, s, c = 0 }] of slotsIn(item)) {
    const ageMs = Math.max(0, now - (number + 1) * slotMs);
    const isAhead = number * slotMs - now > WINDOW_SLOTS * slotMs;
    if (isAhead || !rule.isInWindow(ageMs, reports)) {
      stale.push(...['f', 's', 'c'].map((kind) => `${kind}${number.toString(SLOT_RADIX)}`));
    } else {
      const failures = plausible(f);
      window.push({ ageMs, reports: failures + plausible(s), failures, calls: c });
      reports += failures + plausible(s);
    }
  }
  return { window, stale: stale.length > MAX_STALE_COUNTS ? stale : [] };
}
