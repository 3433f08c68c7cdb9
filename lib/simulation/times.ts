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

/** Share of the calls made at that moment that fail. */
export function errorsAt(scenario: Scenario, now: number): number {
  const { onsetMs, overMs } = timesOf(scenario);
  const { turns, errors, outageErrors } = scenario;
  if (now < onsetMs || now >= overMs) return errors;
  return turns && Math.floor((now - onsetMs) / turns.everyMs) % 2 === 1 ? turns.errors : outageErrors;
}

/** Calls a second at that moment. */
export const rateAt = (scenario: Scenario, now: number): number =>
  scenario.rate * (now >= timesOf(scenario).onsetMs ? scenario.surge : 1);
