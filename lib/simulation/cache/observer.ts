import type { CacheScenario } from './scenario.ts';
import type { Value } from './source.ts';

/** A change of a key at the source, of which all environments know from `atMs` on, or soon after. */
interface Change {
  readonly version: number;
  readonly atMs: number;
}

/** What is counted as it happens. */
export interface CacheObserved {
  calls: number;
  failed: number;
  /** Calls that took longer than one request to the store does. */
  waited: number;
  loads: number;
  /** Loads that begin in each second. */
  readonly loadsPerSecond: number[];
  /** The most loads of one key that begin within a TTL. */
  mostLoadsPerTtl: number;
  /** Keys with more than two. */
  readonly overTwo: Set<string>;
  /** From a load that was cut short to the next one of its key. Milliseconds. */
  takenOverMs: number;
  /** Loads that begin while the store fails. */
  loadsInStoreOutage: number;
  /** How long calls take, and without their own load, other than 0. Milliseconds. */
  readonly tookMs: number[];
  readonly addedMs: number[];
  /** The most of it that a call has which begins while the store fails. Milliseconds. */
  addedInStoreOutageMs: number;
  /** The greatest age of a value that was handed out. Milliseconds. */
  oldestMs: number;
  /** From a change until the last call begins that is handed an older version. Milliseconds. */
  oldVersionMs: number;
}

/** One call, and what it waits for. */
export interface CallSeen {
  readonly key: string;
  readonly at: number;
  /** Of the load that it makes itself. */
  loadBeganMs: number | undefined;
  loadEndedMs: number | undefined;
  /** Whether it waits for a load of another call: what that adds is counted there. */
  isCoalesced: boolean;
}

/** No request to the store takes longer, while that is well. Milliseconds. */
const REQUEST_MS = 8;

/** Counts what happens, from outside of what is simulated. There are millions of calls, so it makes little of each. */
export class CacheObserver {
  readonly observed: CacheObserved;
  readonly #scenario: CacheScenario;
  /** When the loads of a key began that are no older than a TTL. */
  readonly #recent = new Map<string, number[]>();
  /** When loads began that were cut short, until the next one. */
  readonly #cutShort = new Map<string, number>();
  readonly #changes = new Map<string, Change[]>();

  constructor(scenario: CacheScenario) {
    this.#scenario = scenario;
    this.observed = {
      ...{ calls: 0, failed: 0, waited: 0, loads: 0, mostLoadsPerTtl: 0 },
      ...{
        takenOverMs: 0,
        loadsInStoreOutage: 0,
        addedInStoreOutageMs: 0,
        tookMs: [],
        addedMs: [],
        oldestMs: 0,
        oldVersionMs: 0,
        overTwo: new Set(),
      },
      loadsPerSecond: new Array<number>(Math.ceil(scenario.durationMs / 1_000) + 1).fill(0),
    };
  }

  #isStoreOutage(at: number): boolean {
    const { storeOutage } = this.#scenario;
    return storeOutage !== undefined && at >= storeOutage.fromMs && at < storeOutage.toMs;
  }

  call(key: string, at: number): CallSeen {
    return { key, at, loadBeganMs: undefined, loadEndedMs: undefined, isCoalesced: false };
  }

  loadBegins(key: string, now: number): void {
    const { observed } = this;
    const { cache } = this.#scenario;
    const second = Math.floor(now / 1_000);
    observed.loads++;
    observed.loadsPerSecond[second] = (observed.loadsPerSecond[second] ?? 0) + 1;
    if (this.#isStoreOutage(now)) observed.loadsInStoreOutage++;
    const recent = [...(this.#recent.get(key) ?? []).filter((began) => began > now - cache.ttlMs), now];
    this.#recent.set(key, recent);
    observed.mostLoadsPerTtl = Math.max(observed.mostLoadsPerTtl, recent.length);
    if (recent.length > 2) observed.overTwo.add(key);
    if (this.#cutShort.has(key))
      observed.takenOverMs = Math.max(observed.takenOverMs, now - (this.#cutShort.get(key) ?? now));
    this.#cutShort.delete(key);
  }

  /** The load of a key that began then is brought to no end. */
  cutShort(key: string, began: number): void {
    this.#cutShort.set(key, began);
  }

  /** A call ends with a value, or with an error. */
  ended(
    { key, at, loadBeganMs, loadEndedMs, isCoalesced }: CallSeen,
    now: number,
    value: Value | undefined,
  ): void {
    const { observed } = this;
    observed.calls++;
    if (now > at) observed.tookMs.push(now - at);
    if (now > at + REQUEST_MS) observed.waited++;
    const ownMs = loadBeganMs === undefined ? 0 : (loadEndedMs ?? now) - loadBeganMs;
    const addedMs = isCoalesced ? 0 : now - at - ownMs;
    if (addedMs > 0) observed.addedMs.push(addedMs);
    if (addedMs > observed.addedInStoreOutageMs && this.#isStoreOutage(at))
      observed.addedInStoreOutageMs = addedMs;
    if (value === undefined) {
      observed.failed++;
      return;
    }
    observed.oldestMs = Math.max(observed.oldestMs, now - value.readMs);
    const change = this.#changes.get(key)?.find(({ version }) => version > value.version);
    if (change && at > change.atMs) observed.oldVersionMs = Math.max(observed.oldVersionMs, at - change.atMs);
  }

  /** All environments know from now on, or soon after, that the key has that version. */
  changed(key: string, version: number, atMs: number): void {
    const changes = this.#changes.get(key) ?? [];
    changes.push({ version, atMs });
    this.#changes.set(key, changes);
  }
}
