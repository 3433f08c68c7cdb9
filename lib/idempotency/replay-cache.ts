import type { Clock } from '../core/clock.ts';

/** Results that this sandbox has seen completed, so that a duplicate which meets it again costs no request. */
export interface ReplayCacheOptions {
  /** The most results that are kept; the one that was used longest ago goes first. Integer, 1 to 10,000. Default 100. */
  readonly maxEntries?: number;
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

export function replayCache(
  { maxEntries = 100, maxAgeMs = 60_000 }: ReplayCacheOptions,
  clock: Clock,
): ReplayCache {
  const entries = new Map<string, Entry>();
  return {
    get(key, payload) {
      const entry = entries.get(key);
      // With another payload it is the store's to refuse.
      if (entry === undefined || entry.payload !== payload) return undefined;
      entries.delete(key);
      if (entry.until < clock.now()) return undefined;
      entries.set(key, entry);
      return entry.text;
    },
    set(key, payload, text, keptUntil) {
      entries.delete(key);
      entries.set(key, { payload, text, until: Math.min(clock.now() + maxAgeMs, keptUntil) });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },
  };
}
