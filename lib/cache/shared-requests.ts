import { FROZEN_MS } from '../core/classify.ts';
import type { Clock } from '../core/clock.ts';
import type { Execution } from '../core/execution.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { warnOnce } from '../core/warn-once.ts';
import type { RequestLimit, SharedTable, Written } from './shared-table.ts';
import { type Change, leaseOn, mayReplace, type Stored, type StoredValue } from './stored.ts';
import type { Version } from './tier.ts';

type CacheStoreEvent = Extract<PolicyEvent, { kind: 'cache-store' }>;

export interface RequestTools {
  /** Of the cache. */
  readonly name: string;
  readonly clock: Clock;
  readonly table: SharedTable;
  readonly storeTimeoutMs: number;
  readonly leaseMs: number;
  /** How long memory hands a value out. Milliseconds; 0: not at all, so reads are strongly consistent. */
  readonly memoryTtlMs: number;
  /** Never throws. */
  readonly report: ((event: CacheStoreEvent) => void) | undefined;
}

/** The longest text that is stored: DynamoDB takes items of 409,600 bytes, and their names and dates take some. */
const MAX_STORED_BYTES = 400_000;
/** How often a write meets another one before it is given up: each time another environment has written. */
const MAX_WRITES = 3;

/**
 * The requests of one load to the store. After one that failed none is made, so a store that fails costs a call its time once: from
 * then on each gives undefined.
 */
export class LoadRequests {
  readonly #tools: RequestTools;
  readonly #key: string;
  readonly #execution: Execution;
  #hasFailed = false;
  /** When the last one was sent. */
  #sentAt: Moment;
  /** What was written to let others wait for this load. */
  #lease: Stored | undefined;

  constructor(tools: RequestTools, key: string, execution: Execution) {
    this.#tools = tools;
    this.#key = key;
    this.#execution = execution;
    this.#sentAt = momentOf(tools.clock);
  }

  /** How long ago the last request was sent: what it has brought may be as old as that. Milliseconds. */
  get sinceSentMs(): number {
    return elapsedMs(this.#tools.clock, this.#sentAt);
  }

  async read(): Promise<Stored | undefined> {
    const { name, table, memoryTtlMs, report } = this.#tools;
    const isEventual = memoryTtlMs > 0;
    const reading = await this.#ask('read', (limit) => table.read(this.#key, limit, isEventual));
    if (reading?.isCorrupted) report?.({ kind: 'cache-store', name, operation: 'read', reason: 'corrupted' });
    return reading?.stored;
  }

  /** Lets others wait for this load. */
  async takeLease(seen: Stored): Promise<Written | undefined> {
    const { clock, leaseMs } = this.#tools;
    const taken = await this.#replace('lease', seen, leaseOn(seen, clock.now() + leaseMs));
    if (taken?.applied) this.#lease = taken.stored;
    return taken;
  }

  /** Lets the others go on where this load has brought them nothing. */
  async endLease(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease) await this.#replace('lease', lease, leaseOn(lease, 0));
  }

  /**
   * Stores what was loaded, where it may.
   * @param seen What the load has seen. Undefined: the store has failed.
   * @returns Whether this environment may keep it, too. Where the store fails it may, for a while.
   */
  async place(seen: Stored | undefined, value: StoredValue, version: Version | undefined): Promise<boolean> {
    if (!seen || this.#isTooLarge(value)) return true;
    let current = seen;
    for (let writes = 0; writes < MAX_WRITES; writes++) {
      if (!mayReplace(current, seen, version)) return false;
      const placed = await this.#replace('write', current, { value, version });
      if (!placed) return true;
      if (placed.applied) {
        this.#lease = undefined;
        return true;
      }
      current = placed.stored;
    }
    return false;
  }

  /** What was loaded is not kept, and leaves no older value behind. */
  async clear(seen: Stored | undefined): Promise<void> {
    if (!seen?.value) return;
    // Where another one has written meanwhile, the lease is gone, too.
    this.#lease = undefined;
    await this.#replace('write', seen, { version: seen.version });
  }

  #isTooLarge({ text = '' }: StoredValue): boolean {
    if (Buffer.byteLength(text) <= MAX_STORED_BYTES) return false;
    const problem = `has over ${MAX_STORED_BYTES} bytes; only this environment keeps it`;
    warnOnce(`cache "${this.#tools.name}": a value`, problem);
    return true;
  }

  #replace(operation: 'lease' | 'write', seen: Stored, change: Change): Promise<Written | undefined> {
    return this.#ask(operation, (limit) => this.#tools.table.replace(this.#key, seen, change, limit));
  }

  async #ask<R>(
    operation: CacheStoreEvent['operation'],
    request: (limit: RequestLimit) => Promise<R>,
  ): Promise<R | undefined> {
    const { clock, name, report } = this.#tools;
    for (let isFirst = true; !this.#hasFailed; isFirst = false) {
      const limit = this.#limitOf(operation);
      this.#sentAt = momentOf(clock);
      try {
        return await request(limit);
      } catch (error) {
        if (operation === 'read' && this.#execution.isAborted) throw error;
        // What a freeze has cut off says nothing about the store. A read is made again; a write may have been applied.
        const wasFrozen = this.sinceSentMs - limit.limitMs >= FROZEN_MS;
        if (isFirst && operation === 'read' && wasFrozen) continue;
        this.#hasFailed = true;
        if (!wasFrozen) report?.({ kind: 'cache-store', name, operation, reason: 'error', error });
      }
    }
    return undefined;
  }

  #limitOf(operation: CacheStoreEvent['operation']): RequestLimit {
    const { storeTimeoutMs, table } = this.#tools;
    const { outerSignal: signal } = this.#execution;
    const limitMs = table.limitFor(storeTimeoutMs);
    // What is written may be of use to others when this call has ended.
    if (operation !== 'read') return { limitMs };
    return { limitMs: Math.min(limitMs, this.#execution.remainingMs()), signal };
  }
}
