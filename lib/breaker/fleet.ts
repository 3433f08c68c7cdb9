import { policyOf, unprotected } from '../core/call.ts';
import { systemClock } from '../core/clock.ts';
import { runWithin } from '../core/deadline.ts';
import { DeadlineExceededError, StoreError } from '../core/errors.ts';
import { systemRandom } from '../core/random.ts';
import type { Store } from '../core/store.ts';
import { probeAlone } from './alone.ts';
import { guardBy } from './guard.ts';
import {
  admit,
  claimProbe,
  closeAfterProbe,
  INITIAL,
  readVerdict,
  type Transition,
  trip,
  type Verdict,
  verdictKey,
  writeVerdict,
} from './machine.ts';
import { type BreakerOptions, DEFAULT_OPEN_MS, isBadEnough, STORE_LIMIT_MS, windowOf } from './options.ts';
import type { CircuitBreaker, Entering, Permit } from './permit.ts';
import { refused } from './refused.ts';

/** A verdict is believed for this long before the next call reads it again; so long a store that failed is left alone. */
const REFRESH_MS = 1_000;
/** No store is waited for longer, whatever the caller has left. */
const LONGEST_MS = 60_000;

/**
 * A circuit breaker whose verdict all sandboxes share: each counts its own outcomes; the first whose window is bad
 * enough opens it for all; after `openMs` exactly one caller probes; its success closes it for all.
 *
 * Store trouble, decided once for every access: **fail static**. The last verdict known stands, no caller gets an
 * error of the store, no call waits longer than 100 ms for an answer, and a store that failed is left alone for a second.
 * An open verdict does not stand for ever: when its time is over and the store gives no probe away, each sandbox makes
 * one call each `openMs`, and after a success all of its calls until one fails. It tells nobody and writes nothing.
 * @see Nygard, Release It! 2nd ed., "Circuit Breaker"
 */
export function fleetBreaker(options: BreakerOptions, store: Store): CircuitBreaker {
  const { name, clock = systemClock, random = systemRandom, openMs = DEFAULT_OPEN_MS } = options;
  const window = windowOf(options);
  const isBad = isBadEnough(options);
  const key = verdictKey(name);

  let verdict: Verdict = INITIAL;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let quietUntil = Number.NEGATIVE_INFINITY;
  /** Our claim of the probe, from when it is first made until we hold the probe or know that we do not. */
  let claim: { readonly token: string; inDoubtUntil?: number } | undefined;

  /** `asked`: the verdict we held when we asked the store for this one. */
  const adopt = (next: Verdict, asked: Verdict) => {
    // Overtaken: an answer from before the change that we know of by now. A lower epoch is otherwise believed, since
    // somebody may have removed the item.
    if (verdict !== asked && next.epoch < verdict.epoch) return;
    readAt = clock.monotonic();
    if (next.epoch !== verdict.epoch) {
      // A breaker that has just closed must not be opened again by what was counted before.
      window.clear();
      claim = undefined;
      callers = caller(next.epoch);
    }
    verdict = next;
  };

  /** Whether the store has just failed. Nobody waits for it then, since it needs no more requests either. */
  const isQuiet = () => clock.monotonic() < quietUntil;

  const ask = async <R>(operation: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    const exceeded = () => new StoreError(`${store.name} gave no answer in ${STORE_LIMIT_MS} ms`);
    try {
      return await runWithin({ clock, limitMs: STORE_LIMIT_MS, exceeded }, ({ signal }) => operation(signal));
    } catch (error) {
      quietUntil = clock.monotonic() + REFRESH_MS;
      throw error;
    }
  };

  const read = async () => {
    const asked = verdict;
    try {
      const item = await ask((signal) => store.get(key, { signal }));
      const known = item === undefined ? INITIAL : readVerdict(item);
      // An item of a version we do not understand is left alone: the last verdict stands.
      adopt(known ?? verdict, asked);
    } catch {
      // Fail static: the last verdict stands.
    }
  };

  const refresh = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  /** Whether the store answered: then the verdict is our change, or what somebody else made of it. */
  const change = async ({ next, when }: Transition): Promise<boolean> => {
    const asked = verdict;
    try {
      const result = await ask((signal) => store.put(key, writeVerdict(next), { when, signal }));
      const current = result.applied ? next : result.current && readVerdict(result.current);
      if (current) adopt(current, asked);
      return true;
    } catch {
      // Fail static: the change may have been made all the same, which a later read will show.
      return false;
    }
  };

  /** Waits no longer than the caller can, nor past its abort. */
  const within = <R>(context: Entering, access: Promise<R>): Promise<R> => {
    const limitMs = Math.min(LONGEST_MS, context.remainingMs?.() ?? LONGEST_MS);
    const exceeded = () => new DeadlineExceededError(name, limitMs, false);
    return runWithin({ clock, limitMs, signal: context.signal, exceeded }, () => access);
  };
  /** What was to be told is told, or not: that never changes what the caller gets. */
  const tell = (transition: Transition, context: Entering = {}): Promise<void> =>
    within(context, change(transition)).then(
      () => undefined,
      () => undefined,
    );

  const caller = (heldEpoch: number): Permit => ({
    settle(failed, slow = false, context) {
      // A call that began under another verdict says nothing about this one.
      if (failed === undefined || verdict.epoch !== heldEpoch || verdict.state !== 'closed') return undefined;
      const now = clock.monotonic();
      window.record({ failed, slow }, now);
      if (!(failed || slow) || !isBad(window.totals(now)) || isQuiet()) return undefined;
      return tell(trip(verdict, clock.now(), openMs), context);
    },
  });
  // One for all calls under a verdict: it holds nothing of any one of them.
  let callers = caller(verdict.epoch);

  const prober = (held: Verdict): Permit => ({
    settle(failed, _slow, context) {
      // A failed probe writes nothing: its claim runs out and the next one may be made. A success is told even to a
      // store that has just failed, since nobody else can tell it.
      return failed === false ? tell(closeAfterProbe(held, clock.now()), context) : undefined;
    },
  });

  const makeClaim = async () => {
    // One token for a claim and its repetitions: whichever of them arrives is ours.
    claim ??= { token: random.token() };
    const made = claim;
    const answered = await change(claimProbe(verdict, clock.now(), openMs, made.token));
    if (!answered) made.inDoubtUntil ??= quietUntil;
    else if (verdict.prober !== made.token) claim = undefined;
  };

  /** Takes the probe when the verdict shows our claim, also one that was applied without an answer. For one caller. */
  const holdProbe = (): Permit | undefined => {
    if (verdict.prober !== claim?.token || clock.now() >= verdict.until) return undefined;
    claim = undefined;
    return prober(verdict);
  };

  const alone = probeAlone(clock, openMs);
  /** Past the time, with a store in trouble. Not yet while a read may still show that our claim was applied. */
  const goAlone = (): Permit | undefined => {
    const isDue = admit(verdict, clock.now()).kind === 'ask-for-probe';
    const isInDoubt = clock.monotonic() < (claim?.inDoubtUntil ?? Number.NEGATIVE_INFINITY);
    if (!isDue || !isQuiet() || isInDoubt || !alone.mayCall()) return undefined;
    return {
      settle(failed) {
        alone.settle(failed);
        return undefined;
      },
    };
  };

  /** Whether the verdict may have changed since it was read, and somebody can be asked. */
  const isOld = () => clock.monotonic() - readAt >= REFRESH_MS && !isQuiet();

  const asked = async (): Promise<Permit> => {
    if (isOld()) await refresh();
    const { kind } = admit(verdict, clock.now());
    if (kind === 'call') return callers;
    if (kind === 'ask-for-probe' && !isQuiet()) await makeClaim();
    const permit = holdProbe() ?? goAlone();
    if (permit) return permit;
    throw refused(name, verdict.until - clock.now());
  };

  const refusal = () => {
    const admission = admit(verdict, clock.now());
    if (admission.kind !== 'refuse' || isOld()) return undefined;
    return refused(name, admission.retryAfterMs);
  };

  // Whoever gives up, or runs out of time, while it is entered never makes the call.
  const enter = (context: Entering = {}): Permit | Promise<Permit> => {
    const error = refusal();
    if (error) throw error;
    return isOld() || verdict.state === 'open' ? within(context, asked()) : callers;
  };

  return { name, refusal, enter, ...policyOf(clock, guardBy(enter, options, clock)(unprotected)) };
}
