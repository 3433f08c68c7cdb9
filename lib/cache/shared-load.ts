import { type Clock, sleep } from '../core/clock.ts';
import type { Execution } from '../core/execution.ts';
import type { Invoke } from '../core/layer.ts';
import { momentOf } from '../core/moment.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import type { Random } from '../core/random.ts';
import { warnOnce } from '../core/warn-once.ts';
import { type Entries, isOlder } from './entries.ts';
import type { LoadView } from './load.ts';
import type { RequestLimit, SharedTable, Written } from './shared-table.ts';
import { fromText } from './snapshot.ts';
import { leaseOn, mayReplace, type Stored, type StoredValue } from './stored.ts';
import type { Entry } from './tier.ts';

/** What a load has brought. */
export interface Loaded<T> {
  readonly value: T;
  /** What this environment keeps of it. Undefined: nothing, and what it had is of no use either. */
  readonly entry: Entry<T> | undefined;
}

type CacheStoreEvent = Extract<PolicyEvent, { kind: 'cache-store' }>;

/** What the loads of a shared cache have in common. */
export interface SharedTier<T> {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly entries: Entries<T>;
  readonly table: SharedTable;
  readonly memoryTtlMs: number;
  readonly storeTimeoutMs: number;
  readonly leaseMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly report: ((event: CacheStoreEvent) => void) | undefined;
}

/** How soon a load that another environment makes is looked for, and how rarely at most. Milliseconds: a load takes tens to hundreds. */
const FIRST_POLL_MS = 25;
const MAX_POLL_MS = 200;
/** The longest text that is stored: DynamoDB takes items of 409,600 bytes, and their names and dates take some. */
const MAX_STORED_BYTES = 400_000;
/** How often a write meets another one before it is given up: each time another environment has written. */
const MAX_WRITES = 3;

/** One load through the shared tier: it reads the item, and makes the call where that has no value to hand out. */
export class SharedLoad<T> {
  readonly #tier: SharedTier<T>;
  readonly #next: Invoke<T>;
  readonly #execution: Execution;
  readonly #load: LoadView<T>;
  /** After one request that failed none is made, so a store that fails costs a call its time once. */
  #hasFailed = false;
  /** What was written to let others wait for this load. */
  #lease: Stored | undefined;

  constructor(tier: SharedTier<T>, next: Invoke<T>, execution: Execution, load: LoadView<T>) {
    this.#tier = tier;
    this.#next = next;
    this.#execution = execution;
    this.#load = load;
  }

  async run(): Promise<Loaded<T>> {
    const seen = await this.#read();
    if (!seen) return this.#withoutTier();
    this.#dropInvalidated(seen);
    return this.#handedOut(seen) ?? (this.#needsLease(seen) ? this.#takeTurn(seen) : this.#call(seen));
  }

  get #key(): string {
    return this.#execution.key ?? '';
  }

  /** While the store fails, what is fresh here is handed out, and not asked about again at once. */
  #withoutTier(): Loaded<T> | Promise<Loaded<T>> {
    const kept = this.#tier.entries.find(this.#key, 0);
    if (!kept) return this.#call(undefined);
    this.#load.result = 'hit';
    return { value: kept.value, entry: this.#askedNow(kept) };
  }

  /** The entry, to be asked about again when its time in memory is over. */
  #askedNow(entry: Entry<T>): Entry<T> {
    const { entries, memoryTtlMs } = this.#tier;
    return { ...entry, askMs: entries.ageMs(entry) + memoryTtlMs };
  }

  /** Gives what the store answers. Undefined where it fails. */
  async #ask<R>(
    operation: CacheStoreEvent['operation'],
    request: (limit: RequestLimit) => Promise<R>,
  ): Promise<R | undefined> {
    const { name, storeTimeoutMs, report } = this.#tier;
    const execution = this.#execution;
    if (this.#hasFailed) return undefined;
    try {
      // What is written may be of use to others when this call has ended.
      if (operation !== 'read') return await request({ limitMs: storeTimeoutMs });
      const limitMs = Math.min(storeTimeoutMs, execution.remainingMs());
      return await request({ limitMs, signal: execution.outerSignal });
    } catch (error) {
      if (operation === 'read' && execution.isAborted) throw error;
      this.#hasFailed = true;
      report?.({ kind: 'cache-store', name, operation, reason: 'error', error });
      return undefined;
    }
  }

  async #read(): Promise<Stored | undefined> {
    const { name, table, report } = this.#tier;
    const reading = await this.#ask('read', (limit) => table.read(this.#key, limit, true));
    if (reading?.isCorrupted) report?.({ kind: 'cache-store', name, operation: 'read', reason: 'corrupted' });
    return reading?.stored;
  }

  #entryOf({ value, version }: Stored): Entry<T> | undefined {
    return value && this.#entryFrom(value, version);
  }

  #entryFrom({ text, since, freshMs }: StoredValue, version: Stored['version']): Entry<T> {
    const { clock, memoryTtlMs } = this.#tier;
    const { wall, monotonic } = momentOf(clock);
    const ageMs = Math.max(0, wall - since);
    return {
      value: fromText<T>(text),
      bytes: this.#key.length + (text?.length ?? 0),
      since: { wall: since, monotonic: monotonic - ageMs },
      freshMs,
      askMs: ageMs + memoryTtlMs,
      version,
    };
  }

  /** What was invalidated elsewhere stands in for no error either. */
  #dropInvalidated({ isAbsent, value, version }: Stored): void {
    if (isAbsent || value || !this.#load.isCurrent) return;
    const { entries } = this.#tier;
    const kept = entries.find(this.#key, entries.staleMs);
    if (version === undefined || isOlder(kept?.version, version)) entries.memory.delete(this.#key);
  }

  /** What an item has to hand out: a value that is fresh, or one that is stale and about to be refreshed. */
  #handedOut(seen: Stored): Loaded<T> | undefined {
    const { entries, staleWhileRevalidateMs } = this.#tier;
    const entry = this.#entryOf(seen);
    if (!entry) return undefined;
    const overMs = entries.ageMs(entry) - entry.freshMs;
    if (overMs < 0) {
      this.#load.result = 'hit';
      return { value: entry.value, entry };
    }
    // It may have to stand in for an error.
    if (overMs < entries.staleMs && this.#load.isCurrent) entries.keep(this.#key, entry);
    if (this.#load.isRefresh || overMs >= staleWhileRevalidateMs) return undefined;
    this.#load.result = 'stale';
    return { value: entry.value, entry: { ...entry, askMs: 0 } };
  }

  /**
   * Whether others may well ask for the same key during this load: it was asked for within a lease's time after it was fresh, or
   * after the last lease. Of a key that is not there nothing is known, so it counts as one that many ask for.
   */
  #needsLease(seen: Stored): boolean {
    const { clock, entries, leaseMs } = this.#tier;
    if (leaseMs === 0) return false;
    const entry = this.#entryOf(seen);
    if (!entry || (seen.loadingUntil ?? 0) + leaseMs > clock.now()) return true;
    return entries.ageMs(entry) - entry.freshMs < leaseMs;
  }

  #isLoading({ loadingUntil = 0 }: Stored): boolean {
    return loadingUntil > this.#tier.clock.now();
  }

  /** Makes the call, or waits for the one that another environment makes: for half of its time, so that one of its own is left. */
  async #takeTurn(first: Stored): Promise<Loaded<T>> {
    const { clock } = this.#tier;
    const endsAt = clock.monotonic() + this.#execution.remainingMs() / 2;
    let seen = first;
    for (;;) {
      if (this.#isLoading(seen)) {
        const kept = this.#keptMeanwhile();
        if (kept) return kept;
        const changed = await this.#changeOf(seen, endsAt);
        if (!changed) return this.#call(undefined);
        const found = this.#handedOut(changed);
        if (found) return found;
        // A load that has failed for another environment is not waited for twice.
        const hasFailed = changed.id !== seen.id && !this.#isLoading(changed);
        if (hasFailed || clock.monotonic() >= endsAt) return this.#call(changed);
        seen = changed;
      } else {
        const written = await this.#takeLease(seen);
        if (!written || written.applied) return this.#call(written?.stored);
        const found = this.#handedOut(written.stored);
        if (found) return found;
        if (!this.#isLoading(written.stored)) return this.#call(written.stored);
        seen = written.stored;
      }
    }
  }

  /** A refresh need not wait for that of another environment. */
  #keptMeanwhile(): Loaded<T> | undefined {
    const { entries, staleWhileRevalidateMs } = this.#tier;
    const kept = this.#load.isRefresh ? entries.find(this.#key, staleWhileRevalidateMs) : undefined;
    return kept && { value: kept.value, entry: this.#askedNow(kept) };
  }

  async #takeLease(seen: Stored): Promise<Written | undefined> {
    const { clock, leaseMs, table } = this.#tier;
    const lease = leaseOn(seen, clock.now() + leaseMs);
    const written = await this.#ask('lease', (limit) => table.replace(this.#key, seen, lease, limit));
    if (written?.applied) this.#lease = written.stored;
    return written;
  }

  /** The item when another environment has written it, its lease is over, or the time is. Undefined: the store fails. */
  async #changeOf(loading: Stored, endsAt: number): Promise<Stored | undefined> {
    const { clock, leaseMs, random } = this.#tier;
    // Another clock may be wrong.
    const leaseLeftMs = Math.min(leaseMs, (loading.loadingUntil ?? 0) - clock.now());
    const until = Math.min(endsAt, clock.monotonic() + leaseLeftMs);
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(MAX_POLL_MS, pollMs * 2)) {
      const leftMs = Math.max(0, until - clock.monotonic());
      await sleep(clock, Math.min(leftMs, pollMs * (1 + random.next())), this.#execution.outerSignal);
      const seen = await this.#read();
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
      await this.#endLease();
      throw error;
    }
    const snapshot = entries.snapshotOf(value);
    if (!snapshot) {
      await this.#endLease();
      return { value, entry: undefined };
    }
    // A call that has no time left need not wait until it is stored.
    this.#load.inHand = { value: snapshot.value };
    const entry = entries.entryOf(this.#key, snapshot, since);
    const isKept = entry ? await this.#store(seen, entry, snapshot.text) : await this.#forget(seen);
    await this.#endLease();
    return { value: snapshot.value, entry: entry && isKept ? this.#askedNow(entry) : undefined };
  }

  /** Gives whether this environment may keep the entry, too: where the store fails it may, for a while. */
  async #store(seen: Stored | undefined, entry: Entry<T>, text: string | undefined): Promise<boolean> {
    if (!seen) return true;
    const { name, table } = this.#tier;
    if (Buffer.byteLength(text ?? '') > MAX_STORED_BYTES) {
      warnOnce(
        `cache "${name}": a value`,
        `has over ${MAX_STORED_BYTES} bytes; only this environment keeps it`,
      );
      return true;
    }
    const { since, freshMs, version } = entry;
    const change = { value: { text, since: since.wall, freshMs }, version };
    let current = seen;
    for (let writes = 0; writes < MAX_WRITES; writes++) {
      if (!mayReplace(current, seen, version)) return false;
      const place = current;
      const written = await this.#ask('write', (limit) => table.replace(this.#key, place, change, limit));
      if (!written) return true;
      if (written.applied) {
        this.#lease = undefined;
        return true;
      }
      current = written.stored;
    }
    return false;
  }

  /** A value that is not kept leaves no older one behind. */
  async #forget(seen: Stored | undefined): Promise<boolean> {
    if (!seen?.value) return false;
    const { table } = this.#tier;
    const { version } = seen;
    const written = await this.#ask('write', (limit) => table.replace(this.#key, seen, { version }, limit));
    if (written?.applied) this.#lease = undefined;
    return false;
  }

  /** Lets the others go on where this load has brought them nothing. */
  async #endLease(): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    this.#lease = undefined;
    // One that is over.
    const ended = leaseOn(lease, 0);
    await this.#ask('lease', (limit) => this.#tier.table.replace(this.#key, lease, ended, limit));
  }
}
