import { StoreError } from '../core/errors.ts';
import type { AddOptions, Condition, Item, WriteResult } from '../core/store.ts';
import { EXPIRY_ATTRIBUTE } from '../core/table-layout.ts';
import { allows } from './conditions.ts';

/** The items of one store in memory. Hands out copies and keeps copies. */
export class MemoryTable {
  readonly name: string;
  readonly #items = new Map<string, Item>();

  constructor(name: string) {
    this.name = name;
  }

  get(key: string): Item | undefined {
    const item = this.#items.get(key);
    return item && { ...item };
  }

  allows(key: string, when: Condition | undefined): boolean {
    return allows(when, this.#items.get(key));
  }

  set(key: string, item: Item): void {
    this.#items.set(key, { ...item });
  }

  put(key: string, item: Item, when: Condition | undefined): WriteResult {
    if (!this.allows(key, when)) return { applied: false, current: this.get(key) };
    this.set(key, item);
    return { applied: true };
  }

  delete(key: string, when: Condition | undefined): WriteResult {
    if (!this.allows(key, when)) return { applied: false, current: this.get(key) };
    this.#items.delete(key);
    return { applied: true };
  }

  add(key: string, amounts: Readonly<Record<string, number>>, { expiresAt, remove = [] }: AddOptions): Item {
    const before = new Map(Object.entries(this.#items.get(key) ?? {}));
    const sums = Object.entries(amounts).map(([attribute, amount]) => {
      const present = before.get(attribute) ?? 0;
      if (typeof present === 'number') return [attribute, present + amount] as const;
      throw new StoreError(`${this.name}: "${attribute}" of "${key}" is no number to add to`, {
        retryable: true,
      });
    });
    const kept = [...before].filter(([attribute]) => !remove.includes(attribute));
    const item: Item = {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(sums),
      [EXPIRY_ATTRIBUTE]: expiresAt,
    };
    this.#items.set(key, item);
    return { ...item };
  }
}
