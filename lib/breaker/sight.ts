import type { BreakerState } from '../core/breaker-event.ts';
import { isoText } from '../core/iso-text.ts';
import { admittedShare } from './shares.ts';
import { asOf, stateName, type Verdict } from './verdict.ts';

/** What of a verdict is of interest to whoever looks. Times are ISO 8601. */
export interface BreakerSight {
  readonly name: string;
  readonly state: BreakerState;
  readonly epoch: number;
  readonly since: string | null;
  /** Until then nobody calls, or it is forced. */
  readonly until: string | null;
  readonly by: string | null;
  /** Calls a second of the fleet. Null: nobody knows. */
  readonly rate: number | null;
  /** Shares of the calls that are let through, and of the failed ones that may be made again. */
  readonly admittedShare: number;
  readonly retryShare: number;
}

export function sightOf(name: string, verdict: Verdict, now: number): BreakerSight {
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
    admittedShare: admittedShare(current, now),
    retryShare: verdict.retryShare,
  };
}
