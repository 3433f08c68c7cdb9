import { sleep } from '../core/clock.ts';
import type { Execution } from '../core/execution.ts';
import type { Invoke } from '../core/layer.ts';
import { momentOf } from '../core/moment.ts';
import type { Random } from '../core/random.ts';
import type { Entries } from './entries.ts';
import type { Failures } from './failures.ts';
import type { LoadView } from './load.ts';
import { LoadRequests, type RequestTools } from './shared-requests.ts';
import { fromText } from './snapshot.ts';
import type { Stored, StoredValue } from './stored.ts';
import type { Entry } from './tier.ts';

/** What a load has brought. */
export interface Loaded<T> {
  readonly value: T;
  /** What this environment keeps of it. Undefined: nothing, and what it had is of no use either. */
  readonly entry: Entry<T> | undefined;
}

/** What the loads of a shared cache have in common. */
export interface SharedTier<T> extends RequestTools {
  readonly random: Random;
  readonly entries: Entries<T>;
  readonly staleWhileRevalidateMs: number;
  /** Loads that have failed, for a lease's time. */
  readonly failures: Failures;
}

/** Who waited for a lease that is over takes it at random within this: all at once would be more writes than a key takes. Milliseconds. */
const SPREAD_MS = 300;
/** How soon a load that another environment makes is looked for, and how rarely at most. Milliseconds: a load takes tens to hundreds. */
const FIRST_POLL_MS = 25;
const MAX_POLL_MS = 200;

/** One load through the shared tier: it reads the item, and makes the call where that has no value to hand out. */
export class SharedLoad<T> {
  readonly #tier: SharedTier<T>;
  readonly #next: Invoke<T>;
  readonly #execution: Execution;
  readonly #load: LoadView<T>;
  readonly #requests: LoadRequests;

  constructor(tier: SharedTier<T>, next: Invoke<T>, execution: Execution, load: LoadView<T>) {
    this.#tier = tier;
    this.#next = next;
    this.#execution = execution;
    this.#load = load;
    this.#requests = new LoadRequests(tier, this.#key, execution);
  }

  async run(): Promise<Loaded<T>> {
    const seen = await this.#requests.read();
    if (!seen) return this.#withoutTier();
    this.#dropInvalidated(seen);
    return this.#handedOut(seen) ?? (this.#needsLease(seen) ? this.#takeTurn(seen) : this.#call(seen));
  }

  get #key(): string {
    // Calls without one make no load.
    return this.#execution.key as string;
  }

  /** While the store fails, what is fresh here is handed out, where memory may, and not asked about again at once. */
  #withoutTier(): Loaded<T> | Promise<Loaded<T>> {
    const { entries, memoryTtlMs } = this.#tier;
    const kept = memoryTtlMs > 0 ? entries.find(this.#key, 0) : undefined;
    if (!kept) return this.#call(undefined);
    this.#load.result = 'hit';
    return { value: kept.value, entry: this.#askedNow(kept) };
  }

  /** The entry, to be asked about again when its time in memory is over. */
  #askedNow(entry: Entry<T>): Entry<T> {
    return { ...entry, askMs: this.#askMsAt(this.#tier.entries.ageMs(entry)) };
  }

  /** At which age an entry is asked about again that has this one now. */
  #askMsAt(ageMs: number): number {
    return ageMs - this.#requests.sinceSentMs + this.#tier.memoryTtlMs;
  }

  /** How long ago a value was fresh, negative while it is. Milliseconds. */
  #overMs({ since, freshMs }: StoredValue): number {
    return Math.max(0, this.#tier.clock.now() - since) - freshMs;
  }

  #entryFrom({ text, since, freshMs }: StoredValue, version: Stored['version']): Entry<T> {
    const { wall, monotonic } = momentOf(this.#tier.clock);
    const ageMs = Math.max(0, wall - since);
    return {
      value: fromText<T>(text),
      bytes: this.#key.length + (text?.length ?? 0),
      since: { wall: since, monotonic: monotonic - ageMs },
      freshMs,
      askMs: this.#askMsAt(ageMs),
      version,
    };
  }

  /** What was invalidated elsewhere stands in for no error either. */
  #dropInvalidated({ knownBy, value }: Stored): void {
    if (knownBy !== undefined && !value && this.#load.isCurrent) this.#tier.entries.memory.delete(this.#key);
  }

  /** What an item has to hand out: a value that is fresh, or one that is stale and about to be refreshed. */
  #handedOut(seen: Stored): Loaded<T> | undefined {
    const { entries, staleWhileRevalidateMs } = this.#tier;
    if (!seen.value) return undefined;
    const overMs = this.#overMs(seen.value);
    // A value that is of no use is not read.
    if (overMs >= entries.staleMs) return undefined;
    const entry = this.#entryFrom(seen.value, seen.version);
    if (overMs < 0) {
      this.#load.result = 'hit';
      return { value: entry.value, entry };
    }
    // It may have to stand in for an error.
    if (this.#load.isCurrent) entries.keep(this.#key, entry);
    if (this.#load.isRefresh || overMs >= staleWhileRevalidateMs) return undefined;
    this.#load.result = 'stale';
    return { value: entry.value, entry };
  }

  /**
   * Whether others may well ask for the same key during this load: it was asked for within a lease's time after it was fresh, or
   * after the last lease. Of a key that is not there nothing is known, so it counts as one that many ask for. After its load
   * has failed, each call fails or gets a stale value at once, without waiting for another one to fail.
   */
  #needsLease(seen: Stored): boolean {
    const { clock, failures, leaseMs } = this.#tier;
    if (leaseMs === 0 || failures.has(this.#key)) return false;
    if (!seen.value || (seen.loadingUntil ?? 0) + leaseMs > clock.now()) return true;
    return this.#overMs(seen.value) < leaseMs;
  }

  #isLoading(seen: Stored): boolean {
    return this.#leaseLeftMs(seen) > 0;
  }

  /** Another clock may be wrong, so no more than a lease has. */
  #leaseLeftMs({ loadingUntil = 0 }: Stored): number {
    const { clock, leaseMs } = this.#tier;
    return Math.min(leaseMs, loadingUntil - clock.now());
  }

  /** Makes the call, or waits for the one that another environment makes: for half of its time, so that one of its own is left. */
  async #takeTurn(first: Stored): Promise<Loaded<T>> {
    const { clock, leaseMs } = this.#tier;
    const { waitsUntil } = this.#load;
    let seen = first;
    for (;;) {
      if (this.#isLoading(seen)) {
        const kept = this.#keptMeanwhile();
        if (kept) return kept;
        const changed = await this.#changeOf(seen, waitsUntil);
        if (!changed) return this.#call(undefined);
        const found = this.#handedOut(changed);
        if (found) return found;
        // A load that has failed for another environment is not waited for twice.
        const hasFailed = changed.id !== seen.id && !this.#isLoading(changed);
        if (hasFailed || clock.monotonic() >= waitsUntil) return this.#call(changed);
        seen = changed;
      } else {
        const written = await this.#requests.takeLease(seen);
        if (!written || written.applied) return this.#call(written?.stored);
        const found = this.#handedOut(written.stored);
        if (found) return found;
        if (!written.stored.loadingUntil) return this.#call(written.stored);
        // It was taken since the item was read, so it is not over, whatever another clock says.
        seen = { ...written.stored, loadingUntil: clock.now() + leaseMs };
      }
    }
  }

  /** A refresh need not wait for that of another environment. */
  #keptMeanwhile(): Loaded<T> | undefined {
    const { entries, staleWhileRevalidateMs } = this.#tier;
    const kept = this.#load.isRefresh ? entries.find(this.#key, staleWhileRevalidateMs) : undefined;
    return kept && { value: kept.value, entry: this.#askedNow(kept) };
  }

  /** The item when another environment has written it, its lease is over, or the time is. Undefined: the store fails. */
  async #changeOf(loading: Stored, waitsUntil: number): Promise<Stored | undefined> {
    const { clock, random } = this.#tier;
    const waitMs = this.#leaseLeftMs(loading) + SPREAD_MS * random.next();
    const until = Math.min(waitsUntil, clock.monotonic() + waitMs);
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(MAX_POLL_MS, pollMs * 2)) {
      const leftMs = Math.max(0, until - clock.monotonic());
      await sleep(clock, Math.min(leftMs, pollMs * (1 + random.next())), this.#execution.outerSignal);
      const seen = await this.#requests.read();
      if (!seen || seen.id !== loading.id || clock.monotonic() >= until) return seen;
    }
  }

  /** @param seen Where the value takes its place. Undefined: the store fails, so it takes none. */
  async #call(seen: Stored | undefined): Promise<Loaded<T>> {
    const { entries, clock } = this.#tier;
    const since = momentOf(clock);
    let value: T;
    try {
      value = await this.#next(this.#execution);
    } catch (error) {
      await this.#requests.endLease();
      throw error;
    }
    const snapshot = entries.snapshotOf(value);
    if (!snapshot) {
      await this.#requests.endLease();
      return { value, entry: undefined };
    }
    // A call that has no time left need not wait until it is stored.
    this.#load.inHand = { value: snapshot.value };
    const entry = entries.entryOf(this.#key, snapshot, since);
    const isKept = await this.#place(seen, entry, snapshot.text);
    await this.#requests.endLease();
    return { value: snapshot.value, entry: entry && isKept ? this.#askedNow(entry) : undefined };
  }

  async #place(
    seen: Stored | undefined,
    entry: Entry<T> | undefined,
    text: string | undefined,
  ): Promise<boolean> {
    if (entry) {
      const value = { text, since: entry.since.wall, freshMs: entry.freshMs };
      return this.#requests.place(seen, value, entry.version);
    }
    await this.#requests.clear(seen);
    return false;
  }
}
