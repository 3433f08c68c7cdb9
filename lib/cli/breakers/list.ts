import { readState } from '../../breaker/state.ts';
import { type BreakerSummary, summaryOf } from '../../breaker/summary.ts';
import { breakerNameOf } from '../../core/table-layout.ts';
import type { Found } from '../../store/scan.ts';

/** The shared breakers of a table, and those whose item this version cannot read. */
export interface Listed {
  readonly breakers: readonly BreakerSummary[];
  readonly unreadable: readonly { readonly name: string; readonly why: string }[];
  readonly itemsRead: number;
}

const byKey = (one: { readonly key: string }, other: { readonly key: string }): number =>
  one.key < other.key ? -1 : 1;

export function listOf({ items, itemsRead }: Found, now: number): Listed {
  const breakers: BreakerSummary[] = [];
  const unreadable: Listed['unreadable'][number][] = [];
  for (const { key, item } of items.toSorted(byKey)) {
    const name = breakerNameOf(key) ?? key;
    const reading = readState(name, item);
    if (reading.state) breakers.push(summaryOf(name, reading.state, now));
    else unreadable.push({ name, why: reading.unreadable });
  }
  return { breakers, unreadable, itemsRead };
}
