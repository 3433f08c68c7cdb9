import type { Clause, Comparison, Condition, Item } from '../core/store.ts';

function holds(item: Item, { attribute, is, value }: Comparison): boolean {
  const actual = item[attribute];
  if (typeof actual !== typeof value || actual === undefined) return false;
  if (is === '=') return actual === value;
  return is === '<' ? actual < value : actual > value;
}

function clauseHolds(item: Item | undefined, clause: Clause): boolean {
  if (clause === 'absent') return item === undefined;
  return item !== undefined && clause.every((comparison) => holds(item, comparison));
}

/** Whether a write may happen where this item is, or none. Decides as DynamoDB does. */
export const allows = (condition: Condition | undefined, item: Item | undefined): boolean =>
  condition === undefined || condition.some((clause) => clauseHolds(item, clause));
