import { type Clock, systemClock } from '../core/clock.ts';
import { beginCall, type Call, type ExecuteOptions } from '../core/execution.ts';
import { callFunction, compose, type Invoke, type Layer } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import type { Entries } from './entries.ts';
import { cachedLayer, staleLayer } from './layers.ts';
import type { CacheResult, Source } from './load.ts';
import { type LoadListener, Loads } from './loads.ts';
import type { CacheOptions } from './options.ts';
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

/** Values by key. They are JSON data, frozen, and the same object for all who ask. */
export interface CachedValues<T> {
  readonly name: string;
  /** How many values are kept here, those included whose time is over and that no call has asked for since. */
  readonly size: number;
  /** What they and their keys take, by the length of their JSON text. */
  readonly bytes: number;
  /** Gives the value of `key`, or makes the call. A call without a key is made each time. */
  execute(call: Call<T>, options?: ExecuteOptions): Promise<T>;
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

type Report = CachingPolicy['report'];

/** Makes of what is called under a policy what a load does. */
export type SourceFor<T, R> = (report: Report) => (next: Invoke<T>) => Source<T, R>;

/** Calls through a cache, whatever its loads do. `R` is what they bring. */
export class CacheCalls<T, R> implements CachedValues<T> {
  readonly name: string;
  protected readonly entries: Entries<T>;
  protected readonly loads: Loads<T, R>;
  readonly #options: CacheOptions<T>;
  readonly #clock: Clock;
  readonly #sourceFor: SourceFor<T, R>;
  readonly #asksFirst: boolean;
  readonly #call: Invoke<T>;
  readonly #warm: Invoke<T>;
  readonly #report: ((result: CacheResult) => void) | undefined;

  /** @param asksFirst Whether a load asks a tier before it makes the call. */
  constructor(
    options: CacheOptions<T>,
    entries: Entries<T>,
    listener: LoadListener<T, R>,
    sourceFor: SourceFor<T, R>,
    asksFirst = false,
  ) {
    const { name, clock = systemClock, onEvent } = options;
    this.name = name;
    this.entries = entries;
    this.loads = new Loads(listener);
    this.#options = options;
    this.#clock = clock;
    this.#sourceFor = sourceFor;
    this.#asksFirst = asksFirst;
    const report = onEvent && safeListener(onEvent, `${name}: onEvent`);
    const { stale, cached } = this.layersFor({ name, totalTimeoutMs: Infinity, report });
    this.#report = this.#reporter(report);
    this.#call = compose<T>(stale ? [stale, cached] : [cached]);
    this.#warm = this.layersFor({ name, totalTimeoutMs: Infinity }).cached(callFunction);
  }

  get size(): number {
    return this.entries.memory.size;
  }

  get bytes(): number {
    return this.entries.memory.bytes;
  }

  async execute(call: Call<T>, options?: ExecuteOptions): Promise<T> {
    const key = options?.key;
    // A value that is there needs no execution, which takes longer than all the rest of a hit.
    if (key !== undefined && !options?.signal?.aborted) {
      const current = this.entries.current(key);
      if (current) {
        this.#report?.('hit');
        return current.value;
      }
    }
    return this.#call(beginCall(this.#clock, call, options));
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
    const { entries, loads } = this;
    return {
      stale: staleIfErrorMs > 0 ? staleLayer(entries, staleIfErrorMs) : undefined,
      cached: cachedLayer<T, R>({
        ...{ name, entries, loads, limitMs, staleWhileRevalidateMs, staleIfErrorMs },
        sourceOf: this.#sourceFor(report),
        asksFirst: this.#asksFirst,
        report: this.#reporter(report),
      }),
    };
  }

  /** This environment forgets a key. */
  protected forget(key: string): void {
    this.loads.forget(key);
    this.entries.memory.delete(key);
  }

  #reporter(report: Report): ((result: CacheResult) => void) | undefined {
    return report && ((result) => report({ kind: 'cache', name: this.name, result }));
  }
}
