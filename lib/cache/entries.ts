import { type Clock, systemClock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { guarded } from '../core/guarded.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { labelOf, warnOnce } from '../core/warn-once.ts';
import { MemoryTier } from './memory.ts';
import { boundedMs, type CacheOptions } from './options.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import type { Entry, Version } from './tier.ts';

const DEFAULT_MAX_ENTRIES = 1_000;
const DEFAULT_MAX_BYTES = 10_485_760;
const DEFAULT_JITTER = 0.1;

const notKept = () => 0;
const always = () => true;

/** A user's function for the version as one that never throws. What it gives that is no version is none. */
function versionsBy<T>(
  owner: string,
  version: CacheOptions<T>['version'],
): (value: T) => Version | undefined {
  if (!version) return () => undefined;
  return (value) => {
    try {
      const given: unknown = version(value);
      if (typeof given === 'number' || typeof given === 'string') return given;
      warnOnce(owner, `returned ${typeof given}, not a number or a text; the value has no version`);
    } catch (error) {
      warnOnce(owner, `threw ${labelOf(error)}; the value has no version`);
    }
    return undefined;
  };
}

/** Versions of two kinds have no order. */
const isOlder = (one: Version | undefined, other: Version | undefined): boolean =>
  one !== undefined && other !== undefined && typeof one === typeof other && one < other;

/** What is kept, how old it is, and what takes its place. */
export class Entries<T> {
  readonly memory: MemoryTier<T>;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #jitter: number;
  /** From when on an entry is of no use, after it was fresh. Milliseconds. */
  readonly #staleMs: number;
  readonly #ttlMs: (value: T) => number;
  readonly #isWanted: (value: T) => boolean;
  readonly #versionOf: (value: T) => Version | undefined;

  constructor(options: CacheOptions<T>) {
    const { name, ttlMs, clock = systemClock, random = systemRandom, ttlJitter = DEFAULT_JITTER } = options;
    const { maxEntries = DEFAULT_MAX_ENTRIES, maxBytes = DEFAULT_MAX_BYTES } = options;
    const { staleWhileRevalidateMs = 0, staleIfErrorMs = 0, shouldCache, version } = options;
    this.memory = new MemoryTier({ maxEntries, maxBytes });
    this.#name = name;
    this.#clock = clock;
    this.#random = random;
    this.#jitter = ttlJitter;
    this.#staleMs = Math.max(staleWhileRevalidateMs, staleIfErrorMs);
    this.#ttlMs =
      typeof ttlMs === 'number' ? () => ttlMs : guarded(`${name}: ttlMs`, ttlMs, notKept, 'number');
    this.#isWanted = guarded(`${name}: shouldCache`, shouldCache, always, 'boolean');
    this.#versionOf = versionsBy(`${name}: version`, version);
  }

  /** The entry of a key that has not been fresh for less than so long. Milliseconds; 0: one that is fresh. */
  find(key: string, staleMs: number): Entry<T> | undefined {
    const entry = this.memory.get(key);
    if (entry === undefined) return undefined;
    const overMs = elapsedMs(this.#clock, entry.since) - entry.freshMs;
    if (overMs < staleMs) return entry;
    if (overMs >= this.#staleMs) this.memory.delete(key);
    return undefined;
  }

  /**
   * Keeps what a load has brought, where it is wanted, in place of what is older. Gives what may be handed to several.
   * @param since When the load began. Undefined: the key was invalidated or set since, so nothing is kept.
   */
  keepLoaded(key: string, loaded: T, since: Moment | undefined): T {
    const snapshot = snapshotOf(loaded);
    if (!snapshot) {
      if (since) this.memory.delete(key);
      warnOnce(`${this.#name}: a value`, 'is no JSON data; it is not kept');
      return loaded;
    }
    if (since) this.#replace(key, snapshot, since, this.#isWanted(snapshot.value));
    return snapshot.value;
  }

  /** @throws {InvalidOptionError} for what is no JSON data. */
  keepSet(key: string, given: T): void {
    const snapshot = snapshotOf(given);
    if (!snapshot) {
      this.memory.delete(key);
      throw new InvalidOptionError(`${this.#name}: expected \`value\` to be JSON data`);
    }
    this.#replace(key, snapshot, momentOf(this.#clock), true);
  }

  #replace(key: string, { value, bytes }: Snapshot<T>, since: Moment, isWanted: boolean): void {
    const version = this.#versionOf(value);
    if (isOlder(version, this.find(key, this.#staleMs)?.version)) return;
    // What it replaces is of no use, even where it is not kept itself.
    this.memory.delete(key);
    const ttlMs = isWanted ? boundedMs(this.#ttlMs(value)) : 0;
    if (ttlMs <= 0) return;
    const freshMs = ttlMs * (1 - this.#jitter * this.#random.next());
    this.memory.put(key, { value, bytes: key.length + bytes, since, freshMs, version });
  }
}
