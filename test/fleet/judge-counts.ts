import type { Item } from '../../lib/core/store.ts';
import type { Summary, Sums } from './order.ts';

function totalOf(summaries: readonly Summary[]): Sums {
  const total: Sums = {};
  for (const [key, sums] of summaries.flatMap(({ added }) => Object.entries(added))) {
    total[key] ??= {};
    const ofKey = total[key];
    for (const [name, sum] of Object.entries(sums)) ofKey[name] = (ofKey[name] ?? 0) + sum;
  }
  return total;
}

/** What the processes have added, and the table does not hold, or the other way round. */
export function wrongCounts(
  summaries: readonly Summary[],
  counts: Readonly<Record<string, Item>>,
): readonly string[] {
  const total = totalOf(summaries);
  const keys = [...new Set([...Object.keys(total), ...Object.keys(counts)])];
  return keys.flatMap((key) => {
    const { expiresAt: _, ...held } = counts[key] ?? {};
    const added = total[key] ?? {};
    const removed = new Set(summaries.flatMap((summary) => summary.removed[key] ?? []));
    const names = [...new Set([...Object.keys(held), ...Object.keys(added)])];
    // A process that was frozen may not know what became of its last request.
    const isUnknown = summaries.some(({ unknown }) => unknown.some((what) => what.startsWith(`add ${key}:`)));
    return names
      .filter((name) => !removed.has(name) && Number(held[name] ?? 0) !== (added[name] ?? 0))
      .filter((name) => !isUnknown || Number(held[name] ?? 0) < (added[name] ?? 0))
      .map((name) => `${key} holds ${held[name]} as ${name} where ${added[name]} was added`);
  });
}
