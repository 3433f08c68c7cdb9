import type { Entry, Tier } from './tier.ts';

export interface MemoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** One large value must not evict all the others, so an entry takes this part of `maxBytes` at most. */
const MAX_PART = 10;

/** Entries in the memory of this environment. What was used longest ago goes first: a Map has its order. */
export class MemoryTier<T> implements Tier<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #limits: MemoryLimits;
  #bytes = 0;
  /** The key that was used last: it is where it belongs. */
  #newest: string | undefined;

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Entry<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || key === this.#newest) return entry;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#newest = key;
    return entry;
  }

  /** An entry that is too large is not kept, and nor is what it replaces. */
  put(key: string, entry: Entry<T>): void {
    const { maxEntries, maxBytes } = this.#limits;
    this.delete(key);
    if (entry.bytes > maxBytes / MAX_PART) return;
    this.#entries.set(key, entry);
    this.#newest = key;
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
