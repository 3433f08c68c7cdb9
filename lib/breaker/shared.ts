import { causeOf } from '../core/cause.ts';
import { systemClock } from '../core/clock.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import { systemRandom } from '../core/random.ts';
import { safeListener } from '../core/safe-listener.ts';
import { runWithin, type Timed } from '../core/time-limit.ts';
import { warnOnce } from '../core/warn-once.ts';
import * as limits from './constants.ts';
import { forceShared } from './force.ts';
import { breakerLayer } from './layer.ts';
import { LocalBreaker } from './local.ts';
import { checkCallTimes, checkSharedOptions, type SharedBreakerOptions } from './options.ts';
import { reportOutcome } from './outcome-counts.ts';
import {
  type Admission,
  type Caller,
  type ForceOptions,
  type Permit,
  permitOf,
  recordedOnce,
  type Settle,
} from './permit.ts';
import { type RefreshOptions, refreshShared, type SharedCircuitBreaker } from './refresh.ts';
import { type Reject, rejections } from './rejection.ts';
import { OpeningRule } from './rule.ts';
import { admittedFraction, claimProbability, refreshProbability } from './sampling.ts';
import { type StateNow, type StoredState, stateName } from './state.ts';
import { StateCache } from './state-cache.ts';
import type { OnAvailability, SharedTools } from './store-access.ts';
import { claimProbe, probeFailed, probeReleased, probeSucceeded } from './transitions.ts';

/** What is done about a call. A breaker: that of this environment decides. A number: the call is rejected, with that wait. */
type Step = 'call' | 'refresh' | 'claim' | LocalBreaker | number;

/** Of the state that all environments share, and of the one of this environment while that is unavailable. */
class SharedBreaker implements SharedCircuitBreaker {
  readonly name: string;
  readonly identity: string;
  readonly reserveMs: number = limits.RESERVE_MS;
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  readonly execute: Policy['execute'];
  readonly #options: SharedBreakerOptions;
  readonly #tools: SharedTools;
  readonly #cache: StateCache;
  readonly #reject: Reject;
  #admittedAt = -Infinity;
  /** The epoch in which a call of this environment has failed, and how many must succeed until its state is trusted again. */
  #doubtedEpoch = 0;
  #doubts = 0;
  /** The breaker of this environment, and the epoch of the shared one in which it began. */
  #local: { readonly breaker: LocalBreaker; readonly epoch: number; readonly since: number } | undefined;

  constructor(options: SharedBreakerOptions) {
    const { name, store, onEvent } = options;
    const { clock = systemClock, random = systemRandom, openMs = limits.DEFAULT_SHARED_OPEN_MS } = options;
    const report = onEvent && safeListener(onEvent, `${name}: onEvent`);
    const onAvailability: OnAvailability = (reason, isLasting) => {
      // A store that answers again may still hold what is no state, or refuse writes.
      if (!reason && (this.#cache.unreadable || this.#cache.access.isDown)) return;
      if (reason && isLasting) warnOnce(`breaker "${name}"`, `decides for this environment alone: ${reason}`);
      // What it has counted may be counted on, but it is not open for what was some time ago.
      if (!reason && this.#local?.breaker.state !== 'closed') this.#local = undefined;
      this.#cache.settledUntil = -Infinity;
      report?.({ kind: 'breaker-store', name, available: !reason, ...(reason && { reason }) });
    };
    const timeoutMs = options.storeTimeoutMs ?? limits.DEFAULT_STORE_TIMEOUT_MS;
    const rule = new OpeningRule(options);
    this.name = name;
    this.identity = `${store.name}/${name}`;
    this.#options = options;
    this.#tools = { name, store, timeoutMs, clock, random, rule, openMs, report, onAvailability };
    this.#cache = new StateCache(this.#tools);
    this.#reject = rejections(name);
    this.layer = breakerLayer(this, options, clock);
    this.execute = policyOf(clock, this.layer).execute;
  }

  get state(): SharedCircuitBreaker['state'] {
    const { state, now } = this.#cache;
    return this.#localBreaker(now)?.state ?? stateName(state, now);
  }

  get isInDoubt(): boolean {
    const { state, now } = this.#cache;
    if (this.state !== 'closed' || admittedFraction(state, now) < 1) return true;
    return this.#doubts > 0 && this.#doubtedEpoch === state.epoch;
  }

  force(state: 'open' | 'closed' | 'auto', forcing?: ForceOptions): Promise<void> {
    return forceShared(this.#cache, state, forcing);
  }

  async refresh(options?: RefreshOptions): Promise<boolean> {
    const isKnown = await refreshShared(this.#cache, options);
    // What was just read need not be read again by the first call.
    if (isKnown) this.#admittedAt = this.#tools.clock.monotonic();
    return isKnown;
  }

  checkCalls(owner: string, attemptTimeoutMs: number, totalTimeoutMs: number): void {
    checkCallTimes(owner, this.#tools, attemptTimeoutMs, totalTimeoutMs);
  }

  acquire(caller?: Caller): Permit | Promise<Permit> {
    const admission = this.admit(caller);
    return admission instanceof Promise ? admission.then(permitOf) : permitOf(admission);
  }

  admit(caller: Caller = {}): Admission | Promise<Admission> {
    const cache = this.#cache;
    const now = this.#tools.clock.monotonic();
    const isIdle = now - this.#admittedAt > limits.IDLE_MS;
    const isInDoubt = isIdle || (this.#doubts > 0 && this.#doubtedEpoch === cache.state.epoch);
    this.#admittedAt = now;
    if (now < cache.settledUntil && !isInDoubt) return this.#permit(caller);
    cache.notice();
    const step = this.#stepOf(true, isInDoubt);
    if (step === 'refresh' || step === 'claim')
      return this.#within(caller, Infinity, (timed) => this.#admitAfter(step, caller, timed));
    // Chance has decided that this call does not read: all that do are as many as a key takes.
    const hasDrawn = isInDoubt && step === 'call' && cache.now.kind === 'closed';
    // Beside the work: it settles by itself, and after a freeze it counts as unanswered.
    if (cache.isStale && !hasDrawn) void cache.refresh();
    return this.#admissionOf(step, caller);
  }

  /**
   * @param mayRead Whether this call has not read the state yet.
   * @param isInDoubt Whether one of the last calls failed, or the environment was idle.
   */
  #stepOf(mayRead: boolean, isInDoubt = false): Step {
    const cache = this.#cache;
    const { state, now } = cache;
    const { rate } = state;
    // So long after a probe was claimed its outcome may be known.
    const probeMs = (this.#options.slowCallMs ?? 0) + limits.PROBE_RESULT_MS;
    if (now.kind === 'forced-closed') return 'call';
    if (now.waitMs > 0) {
      // The probe may have ended before its claim does, and what a clock that is ahead has written sooner than it says.
      const mayEndEarly = state.isProbing || now.isCapped;
      const isDue = state.state === 'open' && mayEndEarly && cache.sinceRefreshMs >= probeMs;
      return isDue && this.#mayRefresh(rate) ? 'refresh' : now.waitMs;
    }
    const local = this.#localBreaker(now);
    if (local) return mayRead && cache.access.isDown && this.#mayRefresh(0) ? 'refresh' : local;
    if (now.kind === 'open') {
      // An environment that has not just read the state does not know whether another one has claimed the probe.
      const freeMs = cache.isFresh || rate === 0 ? now.freeMs : 0;
      if (this.#tools.random.next() < claimProbability(rate, freeMs)) return 'claim';
      return now.freeMs >= probeMs && this.#mayRefresh(rate) ? 'refresh' : limits.UNKNOWN_WAIT_MS;
    }
    // All of the calls that come at once when an environment has begun wait for the same answer.
    if (mayRead && (cache.isNew || (isInDoubt && this.#mayRefresh(rate)))) return 'refresh';
    const fraction = admittedFraction(state, now);
    return fraction >= 1 || this.#tools.random.next() < fraction ? 'call' : limits.UNKNOWN_WAIT_MS;
  }

  #mayRefresh(rate: number): boolean {
    return this.#cache.mayRead && this.#tools.random.next() < refreshProbability(rate);
  }

  async #admitAfter(first: 'refresh' | 'claim', caller: Caller, { signal }: Timed): Promise<Admission> {
    let step: Step = first;
    if (step === 'refresh') {
      const waitMs = this.#cache.access.isDown ? limits.RECORD_WAIT_MS : this.#tools.timeoutMs;
      await this.#waitFor({}, waitMs, this.#cache.refresh());
      step = this.#stepOf(false);
    }
    const admission = step === 'claim' ? await this.#claim(caller) : this.#admissionOf(step, caller);
    // The caller has given up and makes no call.
    if (signal.aborted && !(admission instanceof Error)) void admission.release();
    return admission;
  }

  /** What comes of a step that asks the store nothing, or is not to ask it once more. */
  #admissionOf(step: Step, caller: Caller): Admission {
    if (step === 'call') return this.#permit(caller);
    if (typeof step !== 'object')
      return this.#reject(typeof step === 'string' ? limits.UNKNOWN_WAIT_MS : step);
    const admission = step.admit();
    return admission instanceof Error ? admission : this.#permit(caller, admission);
  }

  /** @param local Of the breaker of this environment, which records the outcome too. */
  #permit(admitted: Caller, local?: Permit): Permit {
    const { epoch } = this.#cache.state;
    const { clock, random } = this.#tools;
    const recordCall: Settle = (outcome, caller) => {
      if (local) void (outcome ? local.record(outcome) : local.release());
      if (!outcome) return undefined;
      if (outcome.failed) this.#doubtedEpoch = epoch;
      this.#doubts = outcome.failed ? limits.TRUSTED_AFTER : this.#doubts - 1;
      const calls = this.#cache.callsPerReport(epoch);
      return random.next() * calls < 1
        ? this.#waitFor(caller, limits.RECORD_WAIT_MS, reportOutcome(this.#cache, outcome, epoch, calls))
        : undefined;
    };
    return recordedOnce(local?.isProbe === true, clock, this.#options.slowCallMs, recordCall, admitted);
  }

  async #claim(admitted: Caller): Promise<Admission> {
    const { clock, openMs, random } = this.#tools;
    const { next, when } = claimProbe(this.#cache.state, clock.now(), { openMs, chance: random.next() });
    const isMine = await this.#cache.change({ next, when });
    // After a freeze the claim may be over, and the probe another one's.
    if (!isMine || !this.#holds(next)) return this.#admissionOf(this.#stepOf(false), admitted);
    const recordProbe: Settle = (outcome, caller) => {
      const now = clock.now();
      // A success that comes when its claim is over may be from long ago. No other environment can report one.
      const hasSucceeded = outcome?.failed === false && this.#holds(next);
      const otherwise = outcome?.failed
        ? probeFailed(next, causeOf(outcome.cause))
        : probeReleased(next, now);
      const written = this.#cache.change(hasSucceeded ? probeSucceeded(next, now) : otherwise);
      return this.#waitFor(caller, hasSucceeded ? Infinity : limits.RECORD_WAIT_MS, written);
    };
    return recordedOnce(true, clock, this.#options.slowCallMs, recordProbe, admitted);
  }

  /** Whether a claim of this environment lasts yet, as far as it knows. */
  #holds({ version }: StoredState): boolean {
    const { state, now } = this.#cache;
    return state.version === version && now.waitMs > 0;
  }

  /**
   * The breaker of this environment, where it decides: the shared state is unavailable, and says neither open nor forced. It begins
   * open, where the shared one was.
   */
  #localBreaker({ kind, waitMs }: StateNow): LocalBreaker | undefined {
    const { access, unreadable, state } = this.#cache;
    // Of an open breaker nothing else is written that could show that writes work again.
    const isDown = access.isDown && !(kind === 'open' && access.isDue);
    if (waitMs > 0 || !(isDown || unreadable)) return undefined;
    const { epoch, since } = state;
    // After a removal epochs begin again.
    if (this.#local?.epoch !== epoch || this.#local.since !== since) {
      // Its changes are of this environment alone: the events are those of the shared state.
      const breaker = new LocalBreaker({ ...this.#options, ...this.#tools, onEvent: undefined });
      if (kind === 'open') breaker.open(0);
      this.#local = { breaker, epoch, since };
    }
    return this.#local.breaker;
  }

  /** Waits no longer than the caller can, nor past its abort. */
  #within<R>(caller: Caller, mostMs: number, work: (timed: Timed) => Promise<R>): Promise<R> {
    const limitMs = Math.min(mostMs, caller.remainingMs?.() ?? mostMs);
    const { limit = "caller's time limit", signal } = caller;
    const exceeded = () => new DeadlineExceededError(this.name, limit, limitMs, { called: false });
    return runWithin({ clock: this.#tools.clock, limitMs, signal, exceeded }, work);
  }

  /** What takes longer goes on beside the call, and never changes what the caller gets. */
  async #waitFor(caller: Caller, mostMs: number, work: Promise<unknown>): Promise<void> {
    await this.#within(caller, mostMs, () => work).catch(() => undefined);
  }
}

/**
 * A circuit breaker that all environments share. Its state is one item; the counts of a sample of all outcomes are another. A call
 * reads nothing while all is well: it reads the state where it has a reason to doubt it (one of the last calls failed, the
 * environment was idle), and beside its work about once a minute. While the store fails, or holds what is no state, a breaker of
 * this environment decides.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const breaker = sharedBreaker({ name: 'posts', store: memoryStore(), failureRatio: 0.5, slowCallMs: 1_000 });
 * const call = ({ signal }: { signal: AbortSignal }) => boundedFetch('https://posts.example/7', { signal });
 * const answer = await breaker.execute(call, { signal: AbortSignal.timeout(2_000) });
 * console.log(breaker.state);
 * ```
 */
export function sharedBreaker(options: SharedBreakerOptions): SharedCircuitBreaker {
  checkSharedOptions(options);
  return new SharedBreaker(options);
}
