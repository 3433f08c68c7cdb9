/* Recorded traffic of an HTTP API, in requests and errors a minute. */

import type { Recordings } from '../../support/alarms/evaluate.ts';
import { Recording } from '../../support/alarms/recording.ts';

export const DAY = 1_440;

/** Some minutes of traffic. */
export interface Traffic {
  readonly minutes: number;
  readonly requests: number;
  /** Fraction of the requests that fails. */
  readonly errorRatio?: number;
}

export interface RecordedTraffic {
  readonly minutes: number;
  readonly of: Recordings;
}

/** API Gateway writes nothing in a minute without a request. Errors of a fraction are spread evenly. */
export function recordingsOf(traffic: readonly Traffic[]): RecordedTraffic {
  const requests: (number | undefined)[] = [];
  const errors: (number | undefined)[] = [];
  let owed = 0;
  for (const { minutes, requests: each, errorRatio = 0 } of traffic)
    for (let minute = 0; minute < minutes; minute += 1) {
      owed += each * errorRatio;
      // Of a tenth ten times, the last binary digit is lost.
      const whole = Math.floor(owed + 1e-9);
      owed -= whole;
      requests.push(each === 0 ? undefined : each);
      errors.push(each === 0 ? undefined : whole);
    }
  const recorded = new Map([
    ['Count', new Recording(requests)],
    ['5xx', new Recording(errors)],
  ]);
  return { minutes: requests.length, of: ({ name }) => recorded.get(name) };
}
