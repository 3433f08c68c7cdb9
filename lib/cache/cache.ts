import { type Clock, systemClock } from '../core/clock.ts';
import { beginCall, type Call, type ExecuteOptions } from '../core/execution.ts';
import { callFunction, compose, type Invoke, type Layer } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import { Entries } from './entries.ts';
import { type CacheResult, cachedLayer, staleLayer } from './layers.ts';
import { Loads } from './loads.ts';
import { type CacheOptions, checkCacheOptions } from './options.ts';
import { type WarmOptions, warmKeys } from './warm.ts';

/** The policy that calls are made under. */
export interface CachingPolicy {
  /** Of what is called, in errors. */
  readonly name: string;
  /** The limit on a whole call. Milliseconds, Infinity where there is none. */
  readonly totalTimeoutMs: number;
  /** Receives an event for each call with a key. Never throws. */
  readonly report?: ((event: PolicyEvent) => void) | undefined;
}

/** The layers of a cache in a policy. */
export interface CacheLayers<T> {
  /** Outside of the total timeout: a stale value stands in for an error. Undefined where none may. */
  readonly stale: Layer<T> | undefined;
  /** Inside of it: hands out values, and makes one load for all calls that miss the same one. */
  readonly cached: Layer<T>;
}

/** Values by key, in the memory of this environment. They are JSON data, frozen, and the same object for all who ask. */
export interface Cache<T> {
  readonly name: string;
  /** How many values are kept, those included whose time is over and that no call has asked for since. */
  readonly size: number;
  /** What they and their keys take, by the length of their JSON text. */
  readonly bytes: number;
  /** Gives the value of `key`, or makes the call. A call without a key is made each time. */
  execute(call: Call<T>, options?: ExecuteOptions): Promise<T>;
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
  /**
   * Loads those of the keys that have no fresh value, e.g. in the init phase. A load that fails changes nothing, and one that
   * runs when the time is over is given up.
   * @returns How many of the keys had a value or got one.
   * @throws {InvalidOptionError} for an unknown option or one out of range.
   */
  warm(keys: readonly string[], load: Call<T>, options?: WarmOptions): Promise<number>;
  /** For `resilient`. */
  layersFor(policy: CachingPolicy): CacheLayers<T>;
}

/** What a load may take where no policy limits it, as in `resilient` by default. Milliseconds. */
const DEFAULT_LOAD_TIMEOUT_MS = 10_000;

const reporter = (name: string, report: CachingPolicy['report']) =>
  report && ((result: CacheResult) => report({ kind: 'cache', name, result }));

class MemoryCache<T> implements Cache<T> {
  readonly name: string;
  readonly #options: CacheOptions<T>;
  readonly #clock: Clock;
  readonly #entries: Entries<T>;
  readonly #loads: Loads<T>;
  readonly #call: Invoke<T>;
  readonly #warm: Invoke<T>;
  readonly #report: ((result: CacheResult) => void) | undefined;

  constructor(options: CacheOptions<T>) {
    const { name, clock = systemClock, onEvent } = options;
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.#entries = new Entries(options);
    this.#loads = new Loads(this.#entries);
    const report = onEvent && safeListener(onEvent, `${name}: onEvent`);
    const { stale, cached } = this.layersFor({ name, totalTimeoutMs: Infinity, report });
    this.#report = reporter(name, report);
    this.#call = compose<T>(stale ? [stale, cached] : [cached]);
    this.#warm = this.layersFor({ name, totalTimeoutMs: Infinity }).cached(callFunction);
  }

  get size(): number {
    return this.#entries.memory.size;
  }

  get bytes(): number {
    return this.#entries.memory.bytes;
  }

  async execute(call: Call<T>, options?: ExecuteOptions): Promise<T> {
    const key = options?.key;
    // A value that is there needs no execution, which takes longer than all the rest of a hit.
    if (key !== undefined && !options?.signal?.aborted) {
      const fresh = this.#entries.find(key, 0);
      if (fresh) {
        this.#report?.('hit');
        return fresh.value;
      }
    }
    return this.#call(beginCall(this.#clock, call, options));
  }

  invalidate(key: string): void {
    this.#loads.forget(key);
    this.#entries.memory.delete(key);
  }

  clear(): void {
    this.#loads.clear();
    this.#entries.memory.clear();
  }

  set(key: string, value: T): void {
    this.#loads.forget(key);
    this.#entries.keepSet(key, value);
  }

  async warm(keys: readonly string[], load: Call<T>, options: WarmOptions = {}): Promise<number> {
    return warmKeys(keys, options, this.#clock, (key, remainingMs) =>
      this.#warm(beginCall(this.#clock, load, { key, remainingMs })),
    );
  }

  layersFor({ name, totalTimeoutMs, report }: CachingPolicy): CacheLayers<T> {
    const { loadTimeoutMs, staleIfErrorMs = 0, staleWhileRevalidateMs = 0 } = this.#options;
    const defaultMs = totalTimeoutMs < Infinity ? totalTimeoutMs : DEFAULT_LOAD_TIMEOUT_MS;
    const limitMs = Math.min(loadTimeoutMs ?? defaultMs, totalTimeoutMs);
    const [entries, loads] = [this.#entries, this.#loads];
    return {
      stale: staleIfErrorMs > 0 ? staleLayer(entries, staleIfErrorMs) : undefined,
      cached: cachedLayer({
        ...{ name, entries, loads, limitMs, staleWhileRevalidateMs },
        report: reporter(this.name, report),
      }),
    };
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
  checkCacheOptions(options);
  return new MemoryCache(options);
}
