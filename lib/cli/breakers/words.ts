import { admittedShare } from '../../breaker/shares.ts';
import { asOf, stateName, type Verdict } from '../../breaker/verdict.ts';
import { isoText, momentText } from '../time.ts';

/** What of a verdict is of interest, for programs. */
export interface BreakerSight {
  readonly name: string;
  readonly state: ReturnType<typeof stateName>;
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

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** The same for people. */
export function sightText(sight: BreakerSight, now: number): string {
  const { name, state, since, until, by, rate } = sight;
  const moment = (iso: string) => momentText(Date.parse(iso), now);
  return [
    `breaker ${name}`,
    `state   ${state}${by === null ? '' : `, by ${by}`}`,
    ...(since === null ? [] : [`since   ${moment(since)}`]),
    ...(until === null ? [] : [`until   ${moment(until)}`]),
    `lets    ${percent(sight.admittedShare)} of the calls through, and ${percent(sight.retryShare)} of the failed ones be made again`,
    `rate    ${rate === null ? 'nobody knows yet' : `${rate} calls a second`}`,
  ].join('\n');
}
