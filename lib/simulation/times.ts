import type { Scenario } from './scenario.ts';

/** When the outage begins and is over, and when all is: virtual milliseconds. */
export interface Times {
  readonly onsetMs: number;
  readonly overMs: number;
  readonly endMs: number;
}

export function timesOf({ warmUpMs, healthyMs, outageMs, afterMs }: Scenario): Times {
  const onsetMs = warmUpMs + healthyMs;
  const overMs = onsetMs + outageMs;
  return { onsetMs, overMs, endMs: overMs + afterMs };
}

/** What changes while a scenario goes on. Asked for each call, so that its times are calculated once. */
export interface Course {
  /** Fraction of the calls made at that moment that fail. */
  errorsAt(now: number): number;
  /** Requests a second at that moment. */
  rateAt(now: number): number;
}

export function courseOf(scenario: Scenario): Course {
  const { onsetMs, overMs } = timesOf(scenario);
  const { turns, errors, outageErrors, rate, surge } = scenario;
  return {
    errorsAt(now) {
      if (now < onsetMs || now >= overMs) return errors;
      return turns && Math.floor((now - onsetMs) / turns.everyMs) % 2 === 1 ? turns.errors : outageErrors;
    },
    rateAt: (now) => (now >= onsetMs ? rate * surge : rate),
  };
}
