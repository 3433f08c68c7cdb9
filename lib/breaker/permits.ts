import { FROZEN_MS } from '../core/classify.ts';
import type { CancelTimer, Clock } from '../core/clock.ts';
import { invocationContext } from '../core/invocation-context.ts';
import type { Access } from './access.ts';
import type { Known } from './known.ts';
import type { Caller, CallOutcome, Permit } from './permit.ts';
import type { Reports } from './reports.ts';
import { probeAbandoned, probeFailed, probeSucceeded } from './transitions.ts';
import { asOf, type Verdict } from './verdict.ts';

/** Successes in a row of which the breaker closes. */
export const PROBES = 3;
/** Calls in a row that succeed before a sandbox that has seen one fail trusts the verdict again: most may still fail. */
const TRUSTED_AFTER = 2;
/** Each access to the store has its own limit: another one would only be over after a freeze. */
export const AS_LONG_AS_IT_TAKES: number = Infinity;
/** What telling the store may cost a call, and asking one that has just failed. What takes longer goes on beside it. */
export const TELL_MS = 20;

export interface PermitTools {
  readonly known: Known;
  readonly evidence: Reports;
  readonly access: Access;
  readonly clock: Clock;
  readonly slowCallMs: number | undefined;
  /** Waits for what is told, at most so long and no longer than the caller can. Never rejects. */
  readonly tell: (context: Caller, mostMs: number, told: Promise<unknown>) => Promise<void>;
}

/** Leave to make calls of a fleet, which hears what comes of them. */
export interface Permits {
  /** One call under a closed verdict. */
  caller(verdict: Verdict): Permit;
  /** The probe that was claimed. */
  prober(claim: Verdict): Permit;
  /** Whether one of the last calls that this sandbox has made failed, in this epoch: it doubts the verdict. */
  isDoubted(epoch: number): boolean;
}

/** Undefined: the call says nothing. */
type Note = (outcome: Required<CallOutcome> | undefined) => Promise<unknown> | undefined;

export function permits({ known, evidence, access, clock, slowCallMs, tell }: PermitTools): Permits {
  /** The epoch in which a call of this sandbox last failed, and how many have succeeded since. */
  let failedIn: number | undefined;
  let successes = 0;

  const whenSlow = (run: () => void): CancelTimer | undefined => {
    if (slowCallMs === undefined) return undefined;
    const dueAt = clock.monotonic() + slowCallMs;
    const invocation = invocationContext()?.invocation;
    return clock.after(slowCallMs, () => {
      // A call that was frozen meanwhile is not slow for that, and one whose invocation has answered is not counted.
      if (!invocation?.isOver && clock.monotonic() - dueAt < FROZEN_MS) run();
    });
  };
  /** A call is recorded once: the moment that it is slow, for it may take long to end, or else when it ends. */
  const recordedOnce = (
    note: Note,
    waitMs: (failed: boolean | undefined) => number,
    isProbe: boolean,
  ): Permit => {
    let isRecorded = false;
    const once: Note = (outcome) => {
      if (isRecorded) return undefined;
      isRecorded = true;
      return note(outcome);
    };
    const cancel = whenSlow(() => void once({ failed: true, slow: true }));
    const settle = (outcome: Required<CallOutcome> | undefined, caller: Caller) => {
      cancel?.();
      const told = once(outcome);
      return told && tell(caller, waitMs(outcome?.failed), told);
    };
    return {
      isProbe,
      record: ({ failed, slow = false }, caller = {}) => settle({ failed, slow }, caller),
      release: (caller = {}) => settle(undefined, caller),
    };
  };

  return {
    isDoubted: (epoch) => failedIn === epoch && successes < TRUSTED_AFTER,

    caller({ epoch }) {
      const note: Note = (outcome) => {
        if (outcome === undefined) return undefined;
        const { failed, slow } = outcome;
        const isRelief = failedIn === epoch && successes === 0;
        successes = failed ? 0 : successes + 1;
        if (failed) failedIn = epoch;
        const verdict = asOf(known.verdict, clock.now());
        // A call that began under another verdict says nothing about this one.
        if (verdict.epoch !== epoch || verdict.state !== 'closed' || access.isQuiet()) return undefined;
        return evidence.tell(failed ? 'failure' : isRelief ? 'relief' : 'success', slow, verdict);
      };
      // Who has waited once for a store that is late does not wait again.
      return recordedOnce(note, () => (known.isLate() ? 0 : TELL_MS), false);
    },

    prober(claim) {
      const note: Note = (outcome) => {
        const failed = outcome?.failed;
        const now = clock.now();
        // A success that comes when its claim is over may be from long ago.
        const isLate = failed === false && now >= claim.until;
        if (failed === undefined || isLate) return known.change(probeAbandoned(claim, now));
        return known.change(failed ? probeFailed(claim) : probeSucceeded(claim, now, PROBES));
      };
      // A success is waited for, since nobody else can tell it. A failure that nobody hears of ends with the claim.
      return recordedOnce(note, (failed) => (failed === false ? AS_LONG_AS_IT_TAKES : TELL_MS), true);
    },
  };
}
