import { type BreakerSight, sightOf } from '../../breaker/sight.ts';
import { readVerdict, whyUnreadable } from '../../breaker/verdict.ts';
import type { FoundVerdicts } from '../../store/verdicts.ts';

/** The breakers of a table, and those whose verdict this version cannot read. */
export interface Listed {
  readonly breakers: readonly BreakerSight[];
  readonly unreadable: readonly { readonly name: string; readonly why: string }[];
  readonly itemsRead: number;
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

export function listOf({ verdicts, itemsRead }: FoundVerdicts, now: number): Listed {
  const breakers: BreakerSight[] = [];
  const unreadable: Listed['unreadable'][number][] = [];
  for (const { name, item } of verdicts.toSorted(byName)) {
    const verdict = readVerdict(item);
    if (verdict) breakers.push(sightOf(name, verdict, now));
    else unreadable.push({ name, why: whyUnreadable(item) });
  }
  return { breakers, unreadable, itemsRead };
}
