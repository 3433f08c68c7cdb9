import type { Clock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

export interface WarmOptions {
  /** How many loads run at once. 1 to 100. Default 5: the init phase has one processor, and the dependency other users. */
  readonly concurrency?: number;
  /** The most that all loads together may take. Milliseconds. Default 5,000: half of the 10 s of Lambda's init phase. */
  readonly timeoutMs?: number;
}

/**
 * Loads several keys, so many at once, until all are loaded or the time is over.
 * @param load Rejects where there is no value when the time is over.
 * @returns How many were loaded.
 */
export async function warmKeys(
  keys: readonly string[],
  options: WarmOptions,
  clock: Clock,
  load: (key: string, remainingMs: () => number) => Promise<unknown>,
): Promise<number> {
  checkOptions('warm', options, {
    optional: { concurrency: rule.integer(1, 100), timeoutMs: rule.durationMs() },
  });
  const { concurrency = 5, timeoutMs = 5_000 } = options;
  const endsAt = clock.monotonic() + timeoutMs;
  const remainingMs = () => endsAt - clock.monotonic();
  const left = new Set(keys).values();
  let loaded = 0;
  const loadNext = async () => {
    // All workers take from the same keys.
    for (const key of left) {
      if (remainingMs() <= 0) return;
      try {
        await load(key, remainingMs);
        loaded++;
      } catch {
        // The first call of the key will say so.
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loadNext));
  return loaded;
}
