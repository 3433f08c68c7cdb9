import type { BreakerState } from '../core/breaker-event.ts';
import { isoText } from '../core/iso-text.ts';
import { admittedShare } from './shares.ts';
import { asOf, stateName, type Verdict } from './verdict.ts';

/** A shared breaker as operators see it. Times are ISO 8601. */
export interface BreakerSummary {
  readonly name: string;
  readonly state: BreakerState;
  readonly epoch: number;
  readonly since: string | null;
  /** Until then it is open without a probe, or forced. */
  readonly until: string | null;
  readonly by: string | null;
  /** Calls a second of all environments. Null: not known yet. */
  readonly rate: number | null;
  /** Fraction of the calls that it admits. */
  readonly admittedFraction: number;
  /** Fraction of the failed calls that may be retried. */
  readonly retryFraction: number;
}

export function summaryOf(name: string, verdict: Verdict, now: number): BreakerSummary {
  const current = asOf(verdict, now);
  const isBounded = current.state !== 'closed' && verdict.until > now;
  return {
    name,
    state: stateName(verdict, now),
    epoch: verdict.epoch,
    since: verdict.since > 0 ? isoText(verdict.since) : null,
    until: isBounded ? isoText(verdict.until) : null,
    by: isBounded && verdict.by !== '' ? verdict.by : null,
    rate: verdict.rate > 0 ? verdict.rate : null,
    admittedFraction: admittedShare(current, now),
    retryFraction: verdict.retryShare,
  };
}
