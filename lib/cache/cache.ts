import { CacheCalls, type CachedValues } from './cache-calls.ts';
import { Entries } from './entries.ts';
import { type CacheOptions, checkCacheOptions } from './options.ts';

/** Values by key, in the memory of this environment. */
export interface Cache<T> extends CachedValues<T> {
  /** No later call is handed what is kept of this key or is being loaded. */
  invalidate(key: string): void;
  /** The same for all keys. */
  clear(): void;
  /**
   * Write-through: the value of the key from now on, unless one of a newer version is kept. What is being loaded is handed to no
   * later call.
   * @throws {InvalidOptionError} for a value that is no JSON data; the former one is not kept, either.
   */
  set(key: string, value: T): void;
}

class MemoryCache<T> extends CacheCalls<T, T> implements Cache<T> {
  constructor(options: CacheOptions<T>) {
    const entries = new Entries(options);
    super(options, entries, entries, () => (next) => next);
  }

  invalidate(key: string): void {
    this.forget(key);
  }

  clear(): void {
    this.loads.clear();
    this.entries.memory.clear();
  }

  set(key: string, value: T): void {
    this.loads.forget(key);
    this.entries.keep(key, this.entries.givenEntry(key, value));
  }
}

/**
 * Keeps values in the memory of this execution environment, as the option `cache` of `resilient` or alone. Of calls for one key
 * that come at once, one is made. Several policies can share one cache where a key means the same value in all of them.
 *
 * What is handed out is a deeply frozen copy of the value, the same for all callers: use `structuredClone` to change one. A value
 * that is no JSON data (a Date, a Map, an instance of a class) is not kept.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see https://www.rfc-editor.org/rfc/rfc5861 for the two options for stale values.
 * @example
 * ```ts
 * const rates = resilient<number>({
 *   name: 'rates',
 *   cache: cache({ name: 'rates', ttlMs: 60_000, staleIfErrorMs: 600_000 }),
 * });
 * const rate = await rates.execute(
 *   async ({ signal, key }) => Number((await boundedFetch(`https://rates.example/${key}`, { signal })).text()),
 *   { key: 'eur' },
 * );
 * ```
 */
export function cache<T>(options: CacheOptions<T>): Cache<T> {
  checkCacheOptions('cache', options);
  return new MemoryCache(options);
}
