import { type Moment, momentOf } from '../core/moment.ts';
import type { Timed } from '../core/time-limit.ts';
import * as limits from './constants.ts';
import { admittedFraction, reportEvery } from './sampling.ts';
import {
  INITIAL,
  type Reading,
  readState,
  type StateNow,
  type StoredState,
  stateKey,
  stateName,
  stateNow,
  writeState,
} from './state.ts';
import { type SharedTools, StoreAccess } from './store-access.ts';
import type { Transition } from './transitions.ts';

/** What one environment knows of the shared state, and how it reads and changes it. */
export class StateCache {
  readonly tools: SharedTools;
  readonly access: StoreAccess;
  /** The last state that could be read. */
  state: StoredState = INITIAL;
  /** What is wrong with the stored item, where it cannot be read. */
  unreadable: string | undefined;
  /** Until then, by the monotonic clock, it is closed, admits all calls and need not be read. */
  settledUntil: number = -Infinity;
  /** When the times of the state were first read. */
  #readAt: Moment;
  /** When it was last asked for, and when it should be again without a reason, by the monotonic clock. */
  #refreshedAt = -Infinity;
  #staleAt = -Infinity;
  #refreshing: Promise<void> | undefined;
  #reported: ReturnType<typeof stateName> = 'closed';

  constructor(tools: SharedTools) {
    this.tools = tools;
    this.access = new StoreAccess(tools);
    this.#readAt = momentOf(tools.clock);
  }

  /** What the state means now. */
  get now(): StateNow {
    return stateNow(this.state, this.#readAt, momentOf(this.tools.clock), this.tools.openMs);
  }

  /** One call in so many of this epoch is reported. Infinity: none, since it is not closed or unavailable. */
  callsPerReport(epoch: number): number {
    const { state } = this;
    if (state.epoch !== epoch) return Infinity;
    if (this.settledUntil > 0) return reportEvery(state.rate, 1);
    const { now } = this;
    if (now.kind !== 'closed' || this.unreadable || this.access.isFailing) return Infinity;
    return reportEvery(state.rate, admittedFraction(state, now));
  }

  /** Whether nothing is known yet, and an answer may still come in time. */
  get isNew(): boolean {
    const isAsked = this.#refreshedAt > -Infinity;
    return !this.isRead && !(isAsked && this.sinceRefreshMs >= this.tools.timeoutMs);
  }

  /** Whether it was ever read. */
  get isRead(): boolean {
    return this.#staleAt > -Infinity;
  }

  /** Since it was last asked for. Milliseconds. */
  get sinceRefreshMs(): number {
    return this.tools.clock.monotonic() - this.#refreshedAt;
  }

  get isFresh(): boolean {
    return this.sinceRefreshMs < limits.FRESH_MS;
  }

  /** Whether it was not just read, and the store may be asked. */
  get mayRead(): boolean {
    return !this.isFresh && !this.access.isBackingOff;
  }

  get isStale(): boolean {
    return this.mayRead && this.tools.clock.monotonic() > this.#staleAt;
  }

  /** Reads the state, once for all that want it at the same time. Never rejects. */
  refresh(): Promise<void> {
    // What has been on its way for longer than any answer is waited for, a freeze has cut off.
    if (this.#refreshing && this.sinceRefreshMs < this.access.limitMs) return this.#refreshing;
    this.#refreshedAt = this.tools.clock.monotonic();
    const refreshing = this.#read().finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    });
    this.#refreshing = refreshing;
    return refreshing;
  }

  /**
   * Whether the change was made. If not, the state is what another environment has made of it. Undefined: the store gave no
   * answer, so it may have been made.
   */
  async change({ next, when }: Transition): Promise<boolean | undefined> {
    const { name, store, clock } = this.tools;
    const startedAt = clock.monotonic();
    const { version, since } = this.state;
    const item = writeState(next);
    const put = ({ signal }: Timed) => store.put(stateKey(name), item, { when, signal });
    const result = await this.access.ask('put', put);
    if (!result) return undefined;
    // It is as good as a reading.
    this.#refreshedAt = Math.max(this.#refreshedAt, startedAt);
    const reading = readState(name, result.applied ? item : result.current);
    // Of two answers the older one may come last.
    const isAsBefore = this.state.version === version && this.state.since === since;
    if (isAsBefore || !this.#isOlder(reading)) this.#take(reading, result.applied ? 'self' : 'observed');
    return result.applied;
  }

  /** Notes what has changed, also by itself, because a time was over, and reports it. */
  notice(origin: 'self' | 'observed' = 'observed'): void {
    const { name, report } = this.tools;
    const { now, state } = this;
    const fraction = admittedFraction(state, now);
    const isSettled = now.kind === 'closed' && fraction >= 1 && !this.access.isDown && !this.unreadable;
    this.settledUntil = isSettled ? this.#staleAt : -Infinity;
    const from = this.#reported;
    const to = stateName(state, now);
    this.#reported = to;
    if (to === from) return;
    const change = { kind: 'breaker-state', name, from, to, origin } as const;
    const cause = state.cause === '' ? {} : { cause: state.cause };
    report?.({ ...change, waitMs: now.waitMs, admittedFraction: fraction, ...cause });
  }

  async #read(): Promise<void> {
    const { name, store } = this.tools;
    const get = (isEventual: boolean) =>
      this.access.ask('get', async ({ signal }) =>
        readState(name, await store.get(stateKey(name), { signal, isEventual })),
      );
    const reading = await get(true);
    if (!reading) return;
    if (!this.#isOlder(reading)) return this.#take(reading);
    // An answer from a moment ago, or an operator has removed the item.
    const before = this.state;
    const certain = await get(false);
    if (certain && this.state === before) this.#take(certain);
  }

  /** Whether it is older than what is known. */
  #isOlder({ state }: Reading): boolean {
    return state !== undefined && state.version < this.state.version;
  }

  #take({ state = this.state, unreadable }: Reading, origin?: 'self' | 'observed'): void {
    const { clock, random, onAvailability } = this.tools;
    const { epoch, since, until, rate } = this.state;
    const isNews = unreadable !== this.unreadable;
    this.unreadable = unreadable;
    if (isNews) onAvailability(unreadable, true);
    // The same times are no younger for being read again, also in a version with another rate.
    if (state.epoch !== epoch || state.since !== since || state.until !== until)
      this.#readAt = momentOf(clock);
    const knownMs = rate > 0 ? limits.REFRESH_MS : limits.REFRESH_FIRST_MS;
    const refreshMs = state.rate > 0 ? knownMs : limits.REFRESH_UNKNOWN_MS;
    this.state = state;
    this.#staleAt = clock.monotonic() + refreshMs * (1 + limits.REFRESH_JITTER * (2 * random.next() - 1));
    this.notice(origin);
  }
}
