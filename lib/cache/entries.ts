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
      if (Number.isFinite(given) || typeof given === 'string') return given as Version;
      warnOnce(
        owner,
        `returned ${Number.isNaN(given) ? 'NaN' : typeof given}, not a number or a text; the value has no version`,
      );
    } catch (error) {
      warnOnce(owner, `threw ${labelOf(error)}; the value has no version`);
    }
    return undefined;
  };
}

/** Versions of two kinds have no order. */
export const isOlder = (one: Version | undefined, other: Version | undefined): boolean =>
  one !== undefined && other !== undefined && typeof one === typeof other && one < other;

/** What is kept, how old it is, and what takes its place. */
export class Entries<T> {
  readonly memory: MemoryTier<T>;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #jitter: number;
  /** From when on an entry is of no use, after it was fresh. Milliseconds. */
  readonly staleMs: number;
  readonly #retryMs: number;
  readonly #ttlMs: (value: T) => number;
  readonly #isWanted: (value: T) => boolean;
  readonly #versionOf: (value: T) => Version | undefined;

  /** @param retryMs How long after a load has failed no other one is made while there is a value. Milliseconds; 0: at once. */
  constructor(options: CacheOptions<T>, retryMs = 0) {
    const { name, ttlMs, clock = systemClock, random = systemRandom, ttlJitter = DEFAULT_JITTER } = options;
    const { maxEntries = DEFAULT_MAX_ENTRIES, maxBytes = DEFAULT_MAX_BYTES } = options;
    const { staleWhileRevalidateMs = 0, staleIfErrorMs = 0, shouldCache, version } = options;
    this.memory = new MemoryTier({ maxEntries, maxBytes });
    this.#name = name;
    this.#clock = clock;
    this.#random = random;
    this.#jitter = ttlJitter;
    this.#retryMs = retryMs;
    this.staleMs = Math.max(staleWhileRevalidateMs, staleIfErrorMs);
    this.#ttlMs =
      typeof ttlMs === 'number' ? () => ttlMs : guarded(`${name}: ttlMs`, ttlMs, notKept, 'number');
    this.#isWanted = guarded(`${name}: shouldCache`, shouldCache, always, 'boolean');
    this.#versionOf = versionsBy(`${name}: version`, version);
  }

  /** The entry of a key that is handed out as it is. */
  current(key: string): Entry<T> | undefined {
    const entry = this.memory.get(key);
    if (entry === undefined) return undefined;
    return this.ageMs(entry) < Math.min(entry.freshMs, entry.askMs) ? entry : undefined;
  }

  /** The entry of a key that has not been fresh for less than so long. Milliseconds; 0: one that is fresh. */
  find(key: string, staleMs: number): Entry<T> | undefined {
    const entry = this.memory.get(key);
    if (entry === undefined) return undefined;
    const overMs = this.ageMs(entry) - entry.freshMs;
    if (overMs < staleMs) return entry;
    if (overMs >= this.staleMs) this.memory.delete(key);
    return undefined;
  }

  /** Whether a newer one is asked for. */
  isDue(entry: Entry<T>): boolean {
    return this.ageMs(entry) >= entry.askMs;
  }

  /**
   * Keeps what a load has brought, where it is wanted, in place of what is older. Gives what may be handed to several.
   * @param since When the load began. Undefined: the key was invalidated or set since, so nothing is kept.
   */
  keepLoaded(key: string, loaded: T, since: Moment | undefined): T {
    const snapshot = this.snapshotOf(loaded);
    if (since) this.keep(key, snapshot && this.entryOf(key, snapshot, since));
    return snapshot ? snapshot.value : loaded;
  }

  /** Undefined, with a warning, for what is no JSON data. */
  snapshotOf(loaded: T): Snapshot<T> | undefined {
    const snapshot = snapshotOf(loaded);
    if (!snapshot) warnOnce(`${this.#name}: a value`, 'is no JSON data; it is not kept');
    return snapshot;
  }

  /**
   * What is set, as an entry. Undefined: it is fresh for no time.
   * @throws {InvalidOptionError} for what is no JSON data; nothing is kept of the key then.
   */
  givenEntry(key: string, given: T): (Entry<T> & Snapshot<T>) | undefined {
    const snapshot = snapshotOf(given);
    if (snapshot) {
      const entry = this.entryOf(key, snapshot, momentOf(this.#clock), true);
      return entry && { ...entry, text: snapshot.text };
    }
    this.memory.delete(key);
    throw new InvalidOptionError(`${this.#name}: expected \`value\` to be JSON data`);
  }

  /** A value as it is kept. Undefined where it is not. */
  entryOf(
    key: string,
    { value, text }: Snapshot<T>,
    since: Moment,
    isWanted: boolean = this.#isWanted(value),
  ): Entry<T> | undefined {
    const ttlMs = isWanted ? boundedMs(this.#ttlMs(value)) : 0;
    if (ttlMs <= 0) return undefined;
    const freshMs = ttlMs * (1 - this.#jitter * this.#random.next());
    const bytes = key.length + (text?.length ?? 0);
    return { value, bytes, since, freshMs, askMs: freshMs, version: this.#versionOf(value) };
  }

  /** A load of it has failed: a value that is kept is not asked about again for a while. */
  failed(key: string, error: unknown): void {
    const entry = this.#retryMs > 0 ? this.memory.get(key) : undefined;
    if (entry)
      this.memory.put(key, { ...entry, askMs: this.ageMs(entry) + this.#retryMs, failure: { error } });
  }

  /** Keeps an entry, or none, in place of what is there, unless that is newer. */
  keep(key: string, entry: Entry<T> | undefined): void {
    if (entry && isOlder(entry.version, this.find(key, this.staleMs)?.version)) return;
    // What it replaces is of no use, even where it is not kept itself.
    this.memory.delete(key);
    if (entry) this.memory.put(key, entry);
  }

  /** How old what it holds may be. Milliseconds. */
  ageMs({ since }: Entry<T>): number {
    return elapsedMs(this.#clock, since);
  }
}
