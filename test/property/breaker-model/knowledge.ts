import { isDeepStrictEqual } from 'node:util';
import {
  CLAIM_FACTOR,
  JITTER,
  MAX_FORCED_MS,
  READS_PER_SECOND,
  RELAPSE_FACTOR,
} from '../../../lib/breaker/constants.ts';
import { INITIAL, readState, type StoredState } from '../../../lib/breaker/state.ts';
import type { RequestKind } from '../../../lib/breaker/store-access.ts';
import type { Moment } from '../../../lib/core/moment.ts';
import type { Item } from '../../../lib/core/store.ts';

export const OPEN_MS = 12_000;
/** A breaker that has just closed admits all calls after this time at the latest. Milliseconds. */
const MAX_RAMP_MS = 3_100;
/** After this time without a probe every call claims one, or reads the state. Milliseconds. */
const MAX_FREE_MS = 5_200;

/** What an answer of the store shows of the state item. */
export interface Seen {
  readonly item: Item | undefined;
  /** Grows with everything that happens to the item. */
  readonly order: number;
  /** Whether it may be from a moment ago. */
  readonly isEventual: boolean;
  /** How many answers the environment had when it asked. */
  readonly asked: number;
}

/** What one environment has been answered, and what follows from that for its calls. */
export class Knowledge {
  state: StoredState = INITIAL;
  /** Whether it must act on that. */
  isSure = true;
  isUnreadable = false;
  answers = 0;
  /** How many answers there were when it was unclear which of two is newer: what was asked before may be believed or not. */
  #unsureAt = 0;
  #order = 0;
  /** When its times were first read. */
  #readAt: Moment;
  /** Whether its end has come by the clocks of the environment, which may be set back. */
  #hasEnded = false;
  #failures = 0;
  readonly #denied = new Set<RequestKind>();

  constructor(readAt: Moment) {
    this.#readAt = readAt;
  }

  get isStoreDown(): boolean {
    return this.#failures > 0 || this.#denied.size > 0;
  }

  /** Whether the breaker of this environment alone may decide. */
  get isLocal(): boolean {
    return this.isStoreDown || this.isUnreadable;
  }

  succeeded(kind: RequestKind): void {
    this.#failures = 0;
    this.#denied.delete(kind);
  }

  failed(kind: RequestKind, isDenied: boolean): void {
    if (isDenied) this.#denied.add(kind);
    else this.#failures++;
  }

  learn(seen: Seen, now: Moment): void {
    const { state } = readState('', seen.item);
    this.answers++;
    if (seen.order < this.#order) this.#learnLate(state);
    else if (state === undefined) this.isUnreadable = true;
    else this.#learn(state, now, seen);
    // What cannot be read does not tell which of two states it believes.
    this.isSure = (this.isSure || state !== undefined) && seen.asked >= this.#unsureAt;
  }

  /** What comes late is older. That cannot be seen where the item was removed or changed meanwhile. */
  #learnLate(state: StoredState | undefined): void {
    const isOlder = state !== undefined && !this.isUnreadable && state.version < this.state.version;
    if (!isOlder && !isDeepStrictEqual(state, this.state)) this.#unsureAt = this.answers;
  }

  #learn(state: StoredState, now: Moment, { order, isEventual }: Seen): void {
    const isOlder = state.version < this.state.version;
    const { epoch, since, until } = this.state;
    const isSame = state.epoch === epoch && state.since === since && state.until === until;
    // Where it may have believed another one meanwhile, it may have read this one anew.
    if (isOlder || (isSame && !this.isSure && epoch > 0)) this.#unsureAt = this.answers;
    this.isUnreadable = false;
    // It is read once more.
    if (isOlder && isEventual) return;
    if (!isSame) {
      this.#readAt = now;
      this.#hasEnded = false;
    }
    this.#order = order;
    this.state = state;
  }

  /** How long it is open or forced yet at least, by whichever clock went further. Below 0: that is over. Milliseconds. */
  leftMs(now: Moment): number {
    const { isProbing, isRelapse, successes } = this.state;
    // Between the probes of a row the next one may be claimed at once.
    if (successes > 0 && !isProbing) return this.#leftMs(now, 0);
    return this.#leftMs(now, isRelapse && !isProbing ? RELAPSE_FACTOR : CLAIM_FACTOR);
  }

  #leftMs(now: Moment, factor: number): number {
    const { state, until } = this.state;
    const maxMs = state === 'open' ? OPEN_MS * factor * (1 + JITTER) : MAX_FORCED_MS;
    return Math.min(until - this.#readAt.wall, maxMs) - this.#sinceReadMs(now);
  }

  /** Whether an override lasts, and has done so all the time. */
  isForced(now: Moment): boolean {
    return this.state.state.startsWith('forced-') && this.leftMs(now) > 0 && !this.#hasEnded;
  }

  noteTime(now: Moment): void {
    this.#hasEnded ||= this.leftMs(now) <= 0;
  }

  isClosed(now: Moment): boolean {
    const { state } = this.state;
    return state === 'closed' || (state === 'forced-closed' && this.leftMs(now) <= 0);
  }

  /** @param isAsking Whether the call asks the store for something. */
  mayReject(now: Moment, isAsking: boolean): boolean {
    if (!this.isSure) return true;
    if (this.state.state === 'forced-closed' && this.isForced(now)) return false;
    if (this.isLocal) return true;
    if (this.isClosed(now)) return this.state.epoch > 0 && this.#ageMs(now) < MAX_RAMP_MS;
    return this.leftMs(now) > -MAX_FREE_MS || isAsking || this.state.rate > READS_PER_SECOND;
  }

  /** Whether a call may be made that is no probe. */
  mayCall(now: Moment): boolean {
    const { state } = this.state;
    const isClosed = state === 'closed' || state === 'forced-closed';
    return !this.isSure || isClosed || (this.leftMs(now) <= 0 && this.isLocal);
  }

  #ageMs(now: Moment): number {
    return Math.max(0, this.#readAt.wall - this.state.since) + this.#sinceReadMs(now);
  }

  #sinceReadMs({ wall, monotonic }: Moment): number {
    return Math.max(0, wall - this.#readAt.wall, monotonic - this.#readAt.monotonic);
  }
}
