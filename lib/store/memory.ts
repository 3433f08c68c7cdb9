import { StoreError } from '../core/errors.ts';
import type { Clause, Comparison, Condition, CountingStore, Item, WriteResult } from '../core/store.ts';

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

const allows = (condition: Condition | undefined, item: Item | undefined): boolean =>
  condition === undefined || condition.some((clause) => clauseHolds(item, clause));

/**
 * A store in this process's memory, with the same semantics as the one on DynamoDB: for tests and for trying things
 * out. It is shared by nobody and never forgets, so it protects nothing in a deployed function.
 */
export function memoryStore(name = 'memory'): CountingStore {
  const items = new Map<string, Item>();

  const write = (key: string, when: Condition | undefined, apply: () => void): WriteResult => {
    const current = items.get(key);
    if (!allows(when, current)) return { applied: false, current: current && { ...current } };
    apply();
    return { applied: true };
  };

  return {
    name,
    async get(key) {
      const item = items.get(key);
      return item && { ...item };
    },
    async put(key, item, { when } = {}) {
      return write(key, when, () => items.set(key, { ...item }));
    },
    async add(key, amounts, { expiresAt }) {
      const before = new Map(Object.entries(items.get(key) ?? {}));
      const sums = Object.entries(amounts).map(([attribute, amount]) => {
        const present = before.get(attribute) ?? 0;
        if (typeof present === 'number') return [attribute, present + amount] as const;
        throw new StoreError(`${name}: "${attribute}" of "${key}" is no number to add to`, {
          retryable: true,
        });
      });
      const item: Item = { ...items.get(key), ...Object.fromEntries(sums), expiresAt };
      items.set(key, item);
      return { ...item };
    },
    async delete(key, { when } = {}) {
      return write(key, when, () => items.delete(key));
    },
  };
}
