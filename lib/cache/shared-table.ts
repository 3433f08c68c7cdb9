import { hash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Store } from '../core/store.ts';
import { cachePrefix } from '../core/table-layout.ts';
import { runWithin } from '../core/time-limit.ts';
import { type Change, itemOf, type Stored, storedOf, whenSeen, written } from './stored.ts';

export interface SharedTableOptions {
  /** Of the cache. */
  readonly name: string;
  readonly store: Store;
  readonly schemaVersion: number;
  readonly clock: Clock;
  readonly random: Random;
  /** For how long after it was fresh a value is of use. Milliseconds. */
  readonly staleMs: number;
}

/** What limits a request. */
export interface RequestLimit {
  /** Milliseconds. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a read has brought. */
export interface Reading {
  readonly stored: Stored;
  readonly isCorrupted: boolean;
}

/** What became of a write. A refusal brings the item that stands in the way. */
export type Written = { readonly applied: boolean; readonly stored: Stored };

/** How many times as long the first answer may take: the connection is made, and the credentials are read. */
const FIRST_TIMES = 4;

/** The items of a shared cache. Every request throws a `StoreError` where the store fails, or gives no answer in time. */
export class SharedTable {
  readonly #options: SharedTableOptions;
  #hasAnswered = false;

  constructor(options: SharedTableOptions) {
    this.#options = options;
  }

  /** @param isEventual Whether an answer from a moment ago will do, for half the price. */
  async read(key: string, limit: RequestLimit, isEventual: boolean): Promise<Reading> {
    const { store, clock } = this.#options;
    const itemKey = this.#itemKey(key);
    const item = await this.#within(limit, (signal) => store.get(itemKey, { signal, isEventual }));
    return storedOf(itemKey, item, clock.now());
  }

  /** Writes in place of the item that was seen, and of no other. */
  async replace(key: string, seen: Stored, change: Change, limit: RequestLimit): Promise<Written> {
    const { store, clock, random, staleMs } = this.#options;
    const itemKey = this.#itemKey(key);
    const next = written(random.token(), change);
    const item = itemOf(itemKey, next, { now: clock.now(), staleMs });
    const when = whenSeen(seen);
    const result = await this.#within(limit, (signal) =>
      store.put(itemKey, item, { signal, ...(when && { when }) }),
    );
    if (result.applied) return { applied: true, stored: next };
    const { stored } = storedOf(itemKey, result.current, clock.now());
    // A request that is sent twice may meet its own first copy.
    return stored.id === next.id ? { applied: true, stored: next } : { applied: false, stored };
  }

  /** The key is hashed: the table holds no id of a person. */
  #itemKey(key: string): string {
    const { name, schemaVersion } = this.#options;
    return `${cachePrefix(name)}${schemaVersion}#${hash('sha256', key, 'base64url')}`;
  }

  /** How long an answer may take, where it may take so long once there is a connection. Milliseconds. */
  limitFor(timeoutMs: number): number {
    return this.#hasAnswered ? timeoutMs : FIRST_TIMES * timeoutMs;
  }

  async #within<R>(limit: RequestLimit, request: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const { clock, name } = this.#options;
    const { limitMs, signal } = limit;
    const exceeded = () =>
      new StoreError(`The shared tier of cache "${name}" gave no answer in ${Math.round(limitMs)} ms`, {
        retryable: true,
      });
    const answer = await runWithin({ clock, limitMs, signal, exceeded }, (timed) => request(timed.signal));
    this.#hasAnswered = true;
    return answer;
  }
}
