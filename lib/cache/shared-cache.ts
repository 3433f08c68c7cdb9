import { type Clock, systemClock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import type { Execution } from '../core/execution.ts';
import { contextLeftMs } from '../core/invocation-context.ts';
import type { Invoke } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { Store } from '../core/store.ts';
import { CacheCalls, type CachedValues } from './cache-calls.ts';
import { Entries, isOlder } from './entries.ts';
import { Failures } from './failures.ts';
import type { LoadView } from './load.ts';
import { type CacheOptions, checkCacheOptions } from './options.ts';
import { type Loaded, SharedLoad } from './shared-load.ts';
import { SharedTable } from './shared-table.ts';
import { type Change, invalidated, type Stored } from './stored.ts';
import type { Version } from './tier.ts';

export interface SharedCacheOptions<T> extends CacheOptions<T> {
  /** Holds the values that all environments share, best on a table of its own. */
  readonly store: Store;
  /**
   * Increase it when values change their shape: those of another one are not read. 1 to 1,000,000. Default 1.
   */
  readonly schemaVersion?: number;
  /**
   * How long this environment hands a value out before it asks the store again: for so long a change that another one has made may
   * stay unseen. After a failed load a stale value stands in for so long until the next one. Milliseconds, 0 to 2,147,483,647; 0: each
   * call asks, by a strongly consistent read, and so sees each change that was made before it. Default 1,000.
   */
  readonly memoryTtlMs?: number;
  /**
   * How long a call waits for an answer of the store, once: after a failure it asks nothing more, and the call is made. The first
   * answer, for which a connection is made, may take four times as long. Milliseconds, 1 to 60,000. Default 50, ten times what
   * DynamoDB takes.
   */
  readonly storeTimeoutMs?: number;
  /**
   * How long the load of a key that many ask for keeps the other environments from loading it too; they wait for its value, for half of
   * their time at most. Longer than a load usually takes. Milliseconds, 0 to 60,000; 0: none waits for another one. Default 1,000.
   */
  readonly leaseMs?: number;
}

export interface InvalidateOptions {
  /** The least version that a value may have from now on: what is stored and is no older stays. Default: none, nothing stays. */
  readonly version?: Version;
}

/** Values by key, in memory and in a store that all environments share. */
export interface SharedCache<T> extends CachedValues<T> {
  /**
   * No later call is handed what is kept of this key, in any environment, once the `memoryTtlMs` there is over, and no load that has
   * begun before is kept. Calls of another environment that join such a load get its value; and while it cannot ask the store, what
   * is fresh in its memory is handed out.
   * @throws {StoreError} where it is not known whether the store has noted it.
   */
  invalidate(key: string, options?: InvalidateOptions): Promise<void>;
  /**
   * Write-through: the value of the key from now on, unless one of a newer version is stored.
   * @throws {StoreError} where it is not known whether it was stored. This environment has forgotten the key then.
   * @throws {InvalidOptionError} for a value that is no JSON data.
   */
  set(key: string, value: T): Promise<void>;
}

/** What a change of a key may take in all, and no more than its invocation has left. It cannot do without the store, as a call can. Milliseconds. */
const CHANGE_TIMEOUT_MS = 1_000;
/** How often a change meets another one of the same key before it gives up. */
const MAX_CHANGES = 10;

type Report = ((event: PolicyEvent) => void) | undefined;

class CacheOnStore<T> extends CacheCalls<T, Loaded<T>> implements SharedCache<T> {
  readonly #table: SharedTable;
  readonly #clock: Clock;
  readonly #memoryTtlMs: number;

  constructor(options: SharedCacheOptions<T>) {
    const { name, store, schemaVersion = 1, clock = systemClock, random = systemRandom } = options;
    const { memoryTtlMs = 1_000, storeTimeoutMs = 50, leaseMs = 1_000, staleWhileRevalidateMs = 0 } = options;
    const entries = new Entries(options, memoryTtlMs);
    const table = new SharedTable({ name, store, schemaVersion, clock, random, staleMs: entries.staleMs });
    const listener = {
      keepLoaded(key: string, { value, entry }: Loaded<T>, since: unknown) {
        failures.delete(key);
        if (since) entries.keep(key, entry);
        return value;
      },
      failed(key: string, error: unknown) {
        failures.add(key);
        entries.failed(key, error);
      },
    };
    const failures = new Failures(clock, leaseMs);
    const tier = { name, clock, random, entries, failures, table, memoryTtlMs, storeTimeoutMs, leaseMs };
    const sourceFor = (report: Report) => (next: Invoke<T>) => (execution: Execution, load: LoadView<T>) =>
      new SharedLoad({ ...tier, staleWhileRevalidateMs, report }, next, execution, load).run();
    super(options, entries, listener, sourceFor, true);
    this.#table = table;
    this.#clock = clock;
    this.#memoryTtlMs = memoryTtlMs;
  }

  async invalidate(key: string, { version }: InvalidateOptions = {}): Promise<void> {
    this.forget(key);
    await this.#change(key, (current) => invalidated(current, version));
    // What has read the store meanwhile may have kept the former value.
    this.forget(key);
  }

  async set(key: string, value: T): Promise<void> {
    this.forget(key);
    const entry = this.entries.givenEntry(key, value);
    const isWritten = await this.#change(key, (current) => {
      if (!entry) return invalidated(current, undefined);
      const { text, since, freshMs, version } = entry;
      if (isOlder(version, current.version)) return undefined;
      return { value: { text, since: since.wall, freshMs }, version };
    });
    this.forget(key);
    if (entry && isWritten) this.entries.keep(key, { ...entry, askMs: this.#memoryTtlMs });
  }

  /** Gives whether something was written. */
  async #change(key: string, changeOf: (current: Stored) => Change | undefined): Promise<boolean> {
    const clock = this.#clock;
    const endsAt = clock.monotonic() + Math.min(CHANGE_TIMEOUT_MS, contextLeftMs());
    const limit = () => ({ limitMs: Math.max(0, endsAt - clock.monotonic()) });
    let current = (await this.#table.read(key, limit(), false)).stored;
    for (let changes = 0; changes < MAX_CHANGES; changes++) {
      const change = changeOf(current);
      if (change === undefined) return false;
      const written = await this.#table.replace(key, current, change, limit());
      if (written.applied) return true;
      current = written.stored;
    }
    throw new StoreError(`The key of cache "${this.name}" was changed by others ${MAX_CHANGES} times`, {
      retryable: true,
    });
  }
}

/**
 * Keeps values in memory in front of a store that all execution environments share, as the option `cache` of `resilient` or alone. Of
 * calls for one key that come at once, one is made in an environment, and for a key that many ask for, one in all of them. A store
 * that fails costs a call `storeTimeoutMs` and nothing else.
 *
 * The store holds hashed keys and values as plain JSON text.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const rates = resilient<number>({
 *   name: 'rates',
 *   cache: sharedCache({ store: memoryStore(), name: 'rates', ttlMs: 60_000, staleIfErrorMs: 600_000 }),
 * });
 * const rate = await rates.execute(
 *   async ({ signal, key }) => Number((await boundedFetch(`https://rates.example/${key}`, { signal })).text()),
 *   { key: 'eur' },
 * );
 * ```
 */
export function sharedCache<T>(options: SharedCacheOptions<T>): SharedCache<T> {
  checkCacheOptions('sharedCache', options, {
    required: { store: rule.object() },
    optional: {
      schemaVersion: rule.integer(1, 1_000_000),
      memoryTtlMs: rule.durationMs(0),
      storeTimeoutMs: rule.durationMs(1, 60_000),
      leaseMs: rule.durationMs(0, 60_000),
    },
  });
  return new CacheOnStore(options);
}
