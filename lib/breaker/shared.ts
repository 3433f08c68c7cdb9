import { systemClock } from '../core/clock.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import { policyOf } from '../core/layer.ts';
import { systemRandom } from '../core/random.ts';
import { safeListener } from '../core/safe-listener.ts';
import { runWithin, type Timed } from '../core/time-limit.ts';
import { storeAccess } from './access.ts';
import { probeAlone } from './alone.ts';
import { noticeChanges } from './changes.ts';
import { forceShared } from './force.ts';
import { known as knownOf } from './known.ts';
import { breakerLayer } from './layer.ts';
import { localBreaker } from './local.ts';
import {
  byConfidentRatio,
  checkCallTimes,
  checkSharedOptions,
  DEFAULT_FAILURE_RATIO,
  DEFAULT_SHARED_OPEN_MS,
  DEFAULT_STORE_TIMEOUT_MS,
  RESERVE_MS,
  type SharedBreakerOptions,
} from './options.ts';
import { type Admission, type Caller, type CircuitBreaker, type Permit, permitOf } from './permit.ts';
import { AS_LONG_AS_IT_TAKES, permits, TELL_MS } from './permits.ts';
import { rejections } from './rejection.ts';
import { reports } from './reports.ts';
import { admittedShare, claimShare, lookShare } from './shares.ts';
import { claimProbe } from './transitions.ts';
import { asOf, stateName, type Verdict } from './verdict.ts';

/** A verdict is not asked for again within this time, whatever the reason. */
const FRESH_MS = 1_000;
/** Who was away for so long looks before it calls. */
const IDLE_MS = 22_000;
/** After the time of a probe is over, those that do not claim the next one leave it so long before they look. */
const LOOK_AFTER_MS = 500;
/** What callers are asked to wait where nobody knows when. */
const UNKNOWN_WAIT_MS = 1_000;
/** A store that has failed so often in a row is not asked for the probe any more. */
const FAILURES_TO_GO_ALONE = 2;

/** What may be done about a call. */
type Step = 'call' | 'alone' | 'look' | 'claim' | { readonly waitMs: number };

/**
 * A circuit breaker that all sandboxes share. Its verdict is one item; the evidence is another, to which a sample of all
 * outcomes is added, and whoever adds a failure looks whether that is enough. A call reads nothing while all is well: it
 * looks at the verdict when it has a reason (one of its last two calls failed, it was away), or once a minute, beside its
 * work. Shares of calls, not timers or members, bound what the fleet asks of the store.
 *
 * Store trouble, decided once for every access: **fail static**, see `storeAccess`. While the store fails, a breaker of this
 * sandbox alone watches its calls, and one of its calls probes each `openMs` where the shared one is open.
 */
export function sharedBreaker(options: SharedBreakerOptions): CircuitBreaker {
  checkSharedOptions(options);
  const {
    name,
    store,
    clock = systemClock,
    random = systemRandom,
    openMs = DEFAULT_SHARED_OPEN_MS,
  } = options;
  const {
    failureRatio = DEFAULT_FAILURE_RATIO,
    slowCallMs,
    storeTimeoutMs: timeoutMs = DEFAULT_STORE_TIMEOUT_MS,
  } = options;
  const reject = rejections(name);
  const { onEvent } = options;
  const told = onEvent && safeListener(onEvent, `${name}: onEvent`);
  const notice = told && noticeChanges(name, clock, told);
  const access = storeAccess(store.name, {
    clock,
    timeoutMs,
    tell: (available) => told?.({ kind: 'breaker-store', name, available }),
  });
  const { isQuiet } = access;
  const chance = () => random.next();
  const known = knownOf(name, { store, access, clock, chance, notice });
  const evidence = reports(name, { store, access, known, clock, chance, failureRatio, openMs, told });

  /** So long after a probe was claimed there is something to learn about it. */
  const probeMs = (slowCallMs ?? 0) + LOOK_AFTER_MS;
  let enteredAt = -Infinity;
  let isClaiming = false;

  /** Waits no longer than the caller can, nor past its abort. */
  const within = <R>(context: Caller, mostMs: number, work: (timed: Timed) => Promise<R>): Promise<R> => {
    const limitMs = Math.min(mostMs, context.remainingMs?.() ?? mostMs);
    const { limit = "caller's time limit", signal } = context;
    const exceeded = () => new DeadlineExceededError(name, limit, limitMs, { called: false });
    return runWithin({ clock, limitMs, signal, exceeded }, work);
  };
  const nothing = () => undefined;
  /** What was to be told is told, or not: that never changes what the caller gets. */
  const tell = (context: Caller, mostMs: number, told: Promise<unknown>): Promise<void> =>
    within(context, mostMs, () => told).then(nothing, nothing);

  const { caller, prober, isDoubted } = permits({ known, evidence, access, clock, slowCallMs, tell });

  // What a sandbox does while the store fails it keeps to itself.
  const local = localBreaker({ name, openMs, clock }, byConfidentRatio(options));
  const alone = probeAlone(clock, openMs);
  const loner: Permit = {
    isProbe: true,
    record({ failed }) {
      alone.settle(failed);
      return undefined;
    },
    release: () => undefined,
  };

  const mayLook = (rate: number, afterMs = FRESH_MS) =>
    clock.monotonic() - known.askedAt >= afterMs && !isQuiet() && chance() < lookShare(rate);
  /**
   * Whether a call that may be made looks first. For a store that has just failed, or is late, it does not wait, but finds
   * out.
   */
  const looksFirst = (rate: number): boolean => {
    if (!mayLook(rate)) return false;
    if (access.failures === 0 && !known.isLate()) return true;
    void known.look();
    return false;
  };

  const stepClosed = (verdict: Verdict, now: number, idleMs: number | undefined): Step => {
    // Also of several that come at once when a sandbox has just begun.
    const isNew = known.askedAt === -Infinity;
    const hasReason = idleMs !== undefined && (isNew || isDoubted(verdict.epoch) || idleMs > IDLE_MS);
    if (hasReason && looksFirst(verdict.rate)) return 'look';
    const share = admittedShare(verdict, now);
    return share >= 1 || chance() < share ? 'call' : { waitMs: UNKNOWN_WAIT_MS };
  };
  const stepOpen = ({ until, isProbing, rate }: Verdict, now: number): Step => {
    if (now < until) {
      // What is known of a probe grows old before its claim does.
      return isProbing && mayLook(rate, Math.max(FRESH_MS, probeMs)) ? 'look' : { waitMs: until - now };
    }
    if (isQuiet()) {
      const isAlone = access.failures >= FAILURES_TO_GO_ALONE && alone.mayCall();
      return isAlone ? 'alone' : { waitMs: UNKNOWN_WAIT_MS };
    }
    // Who has not looked for a while does not know whether somebody has claimed it.
    const isFresh = clock.monotonic() - known.askedAt < FRESH_MS;
    const unclaimedMs = isFresh || rate === 0 ? now - until : 0;
    if (!isClaiming && chance() < claimShare(rate, unclaimedMs)) return 'claim';
    return now >= until + probeMs && mayLook(rate) ? 'look' : { waitMs: UNKNOWN_WAIT_MS };
  };
  /** @param idleMs Since the call before. Undefined: this one has looked already, and what it is not told it goes without. */
  const stepOf = (now: number, idleMs?: number): Step => {
    const verdict = asOf(known.verdict, now);
    switch (verdict.state) {
      case 'closed':
        return stepClosed(verdict, now, idleMs);
      case 'open':
        return stepOpen(verdict, now);
      case 'forced-closed':
        return 'call';
      case 'forced-open':
        return { waitMs: verdict.until - now };
    }
  };

  const claim = async (): Promise<Permit | undefined> => {
    isClaiming = true;
    // From the verdict that allows a claim, whatever has become of it meanwhile.
    const { verdict } = known;
    const rate = await evidence.rateOf(verdict);
    const transition = claimProbe(verdict, clock.now(), { openMs, chance: chance() }, rate);
    const isMine = rate !== undefined && (await known.change(transition));
    isClaiming = false;
    // Who was frozen until its claim was over may not be the only one.
    return isMine && clock.now() < transition.next.until ? prober(transition.next) : undefined;
  };

  /**
   * Waits for an answer as long as one may take; what takes longer goes on beside the call. A store that has just failed gets
   * a moment from calls that would be refused: their sandbox may be frozen as soon as they are, and a look beside them would
   * never be answered in time.
   */
  const look = (): Promise<void> => tell({}, access.failures === 0 ? timeoutMs : TELL_MS, known.look());

  /** What comes of a step that asks nobody. */
  const admissionFor = (step: Step): Admission => {
    if (step === 'alone') return loner;
    if (step !== 'call') return reject(typeof step === 'string' ? UNKNOWN_WAIT_MS : step.waitMs);
    // What somebody has forced is so, whatever a sandbox sees.
    const isItsOwn = isQuiet() && asOf(known.verdict, clock.now()).state === 'closed';
    return isItsOwn ? (local.admit() as Admission) : caller(known.verdict);
  };
  const asked = async (first: 'look' | 'claim'): Promise<Admission> => {
    let step: Step = first;
    if (step === 'look') {
      await look();
      step = stepOf(clock.now());
    }
    if (step === 'claim') {
      const permit = await claim();
      if (permit) return permit;
      step = stepOf(clock.now());
    }
    return admissionFor(step);
  };

  const entered = async (first: 'look' | 'claim', { signal }: Timed): Promise<Admission> => {
    const admission = await asked(first);
    // Its caller has given up and makes no call: somebody else may.
    if (signal.aborted && !(admission instanceof Error)) void admission.release();
    return admission;
  };

  const admit = (context: Caller = {}): Admission | Promise<Admission> => {
    const now = clock.monotonic();
    const idleMs = now - enteredAt;
    enteredAt = now;
    // Once in a while, beside the work. It settles by itself, and by its own clock is old after a freeze.
    if (known.isOld(now) && !isQuiet()) void known.look();
    // What ends because its time is over, nobody writes.
    notice?.(known.verdict, 'observed');
    const step = stepOf(clock.now(), idleMs);
    return step === 'look' || step === 'claim'
      ? within(context, AS_LONG_AS_IT_TAKES, (timed) => entered(step, timed))
      : admissionFor(step);
  };

  const identity = `${store.name}/${name}`;
  const layer = breakerLayer({ admit, identity }, options, clock);
  return {
    name,
    identity,
    admit,
    acquire(caller) {
      const admission = admit(caller);
      return admission instanceof Promise ? admission.then(permitOf) : permitOf(admission);
    },
    layer,
    ...policyOf(clock, layer),
    reserveMs: RESERVE_MS,
    checkCalls: (owner, attemptTimeoutMs, totalTimeoutMs) =>
      checkCallTimes({ owner, name, openMs, storeTimeoutMs: timeoutMs, attemptTimeoutMs, totalTimeoutMs }),
    get state() {
      return stateName(known.verdict, clock.now());
    },
    async force(state, forcing) {
      await forceShared({ name, known, access, clock }, state, forcing);
    },
    get retryFraction() {
      const now = clock.now();
      const verdict = asOf(known.verdict, now);
      return verdict.retryShare * admittedShare(verdict, now);
    },
  };
}
