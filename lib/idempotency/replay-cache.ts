import type { Clock } from '../core/clock.ts';

/** Results that this environment has seen completed, so that a duplicate which meets it again costs no request. */
export interface ReplayCacheOptions {
  /** The most results that are kept; the one that was used longest ago goes first. Integer, 1 to 10,000. Default 100. */
  readonly maxEntries?: number;
  /** The most that all of them may take in memory, two bytes a character. Bytes. Default 10,000,000. */
  readonly maxBytes?: number;
  /** How long one is believed. Milliseconds. Default 60,000. */
  readonly maxAgeMs?: number;
}

interface Entry {
  readonly payload: string;
  readonly text: string;
  readonly until: number;
}

export interface ReplayCache {
  /** The text of the result, for the same key and the same payload. */
  get(key: string, payload: string): string | undefined;
  /** @param keptUntil From when on the record may be replaced. Epoch milliseconds. */
  set(key: string, payload: string, text: string, keptUntil: number): void;
}

/** A character takes two bytes at most. */
const sizeOf = (text: string): number => 2 * text.length;

export function replayCache(
  { maxEntries = 100, maxBytes = 10_000_000, maxAgeMs = 60_000 }: ReplayCacheOptions,
  clock: Clock,
): ReplayCache {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  const remove = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry) bytes -= sizeOf(entry.text);
    entries.delete(key);
    return entry;
  };
  const add = (key: string, entry: Entry) => {
    bytes += sizeOf(entry.text);
    entries.set(key, entry);
  };
  return {
    get(key, payload) {
      // With another payload it is the store's to refuse.
      if (entries.get(key)?.payload !== payload) return undefined;
      const entry = remove(key);
      if (entry === undefined || entry.until < clock.now()) return undefined;
      add(key, entry);
      return entry.text;
    },
    set(key, payload, text, keptUntil) {
      remove(key);
      add(key, { payload, text, until: Math.min(clock.now() + maxAgeMs, keptUntil) });
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break;
        remove(oldest);
      }
    },
  };
}
