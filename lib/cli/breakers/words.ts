import { sightOf } from '../../breaker/sight.ts';
import type { Verdict } from '../../breaker/verdict.ts';
import { momentText } from '../time.ts';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What is of interest of a verdict, for people. */
export function sightText(name: string, verdict: Verdict, now: number): string {
  const sight = sightOf(name, verdict, now);
  const { state, since, until, by, rate } = sight;
  return [
    `breaker ${name}`,
    `state   ${state}${by === null ? '' : `, by ${by}`}`,
    ...(since === null ? [] : [`since   ${momentText(verdict.since, now)}`]),
    ...(until === null ? [] : [`until   ${momentText(verdict.until, now)}`]),
    `lets    ${percent(sight.admittedShare)} of the calls through, and ${percent(sight.retryShare)} of the failed ones be made again`,
    `rate    ${rate === null ? 'nobody knows yet' : `${rate} calls a second`}`,
  ].join('\n');
}
