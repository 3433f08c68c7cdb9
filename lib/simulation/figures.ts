import { dollarsPerMillion, type StoreCosts } from './costs.ts';
import type { Observed, Second } from './observed.ts';
import { SETTLED_AFTER_MS } from './observer.ts';
import { percentile } from './percentile.ts';
import type { Scenario } from './scenario.ts';
import { timesOf } from './times.ts';

export interface Figures {
  readonly seed: number;
  /** How long the outage was, in seconds. */
  readonly outage: number;
  /** From the onset until the shared state is open, in seconds. Null: it never was. */
  readonly openAfter: number | null;
  /** From the onset to the end of the first second of which 95 % is rejected. */
  readonly rejected95: number | null;
  /** From the end of the outage to the end of the first second of which 95 % is admitted. */
  readonly recovered: number | null;
  /** Calls that failed in the outage. */
  readonly failedCalls: number;
  /** Those of them that were made before it opened. Null: it never did. */
  readonly failedUntilOpen: number | null;
  /** Calls made for each request of that time. Null: it never opened. */
  readonly callsPerRequest: number | null;
  readonly readsPerCallHealthy: number;
  readonly readsPerCall: number;
  readonly writesPerCall: number;
  /** In a second, on any key. */
  readonly peakWrites: number;
  readonly throttled: number;
  /** From the onset to the last request that was throttled, in seconds. */
  readonly throttledUntil: number;
  readonly dollarsPerMillionHealthy: number;
  readonly dollarsPerMillion: number;
  /** Fraction of requests that are rejected before the onset. */
  readonly rejectedHealthy: number;
  /** The same from 50 s after an item was replaced by garbage. */
  readonly rejectedAfterGarbage: number;
  /** Fraction of requests that are rejected in the second half of the outage. */
  readonly rejectedOutage: number;
  /** The same from 50 s after the outage on, where the wall clock is right, and where it is the one that is off. */
  readonly rejectedSettled: number;
  readonly rejectedSkewed: number;
  /** Fraction of requests that succeed, from the warm-up on, and calls made for each. */
  readonly live: number;
  readonly amplification: number;
  /** Time that the breaker adds to calls made in the outage, in milliseconds: half of them, and 99 of 100, have less. */
  readonly addedP50: number;
  readonly addedP99: number;
  /** The most probes at one time. */
  readonly probesAtOnce: number;
  /** How often it opened before the outage. */
  readonly falseOpens: number;
  /** How often it closed while the outage went on. */
  readonly falseCloses: number;
}

/** What was counted up to a moment. */
export interface Snapshots {
  readonly warm: StoreCosts;
  readonly onset: StoreCosts;
  readonly end: StoreCosts;
}

const per = (count: number, of: number): number => (of === 0 ? 0 : count / of);
const sum = (some: readonly Second[], what: keyof Second): number =>
  some.reduce((all, second) => all + second[what], 0);
const rejectedIn = ({ calls, rejected }: { calls: number; rejected: number }) => per(rejected, calls);

/** Figures of whole seconds. */
function figuresOfSeconds(scenario: Scenario, seconds: readonly Second[]) {
  const { warmUpMs, outageMs, hostile } = scenario;
  const { onsetMs, overMs } = timesOf(scenario);
  /** Fraction rejected in the whole seconds of a period. */
  const rejected = (fromMs: number, toMs: number) => {
    const some = seconds.slice(Math.floor(fromMs / 1_000), Math.floor(toMs / 1_000));
    return per(sum(some, 'rejected'), sum(some, 'calls'));
  };
  /** Whole seconds after a moment, of which the last may have been cut short. */
  const firstAfter = (fromMs: number, is: (rejectedFraction: number) => boolean): number | null => {
    for (let second = Math.ceil(fromMs / 1_000); second < seconds.length - 1; second++) {
      const { calls, rejected } = seconds[second] as Second;
      if (calls > 0 && is(rejected / calls)) return second + 1 - fromMs / 1_000;
    }
    return null;
  };
  return {
    rejected95: firstAfter(onsetMs, (fraction) => fraction >= 0.95),
    recovered: firstAfter(overMs, (fraction) => fraction <= 0.05),
    rejectedHealthy: rejected(warmUpMs, onsetMs),
    rejectedAfterGarbage: hostile ? rejected(onsetMs + hostile.atMs + SETTLED_AFTER_MS, onsetMs) : 0,
    rejectedOutage: rejected(onsetMs + outageMs / 2, overMs),
  };
}

export function figuresOf(scenario: Scenario, observed: Observed, { warm, onset, end }: Snapshots): Figures {
  const { seed, warmUpMs, outageMs } = scenario;
  const { onsetMs } = timesOf(scenario);
  const { seconds, openMs, settled, addedMs, timed } = observed;
  const sinceOnset = (ms: number | undefined) => (ms === undefined ? null : (ms - onsetMs) / 1_000);
  const untilOpen = (figure: number) => (openMs === undefined ? null : figure);
  const callsIn = (fromMs: number, toMs: number) =>
    sum(seconds.slice(Math.floor(fromMs / 1_000), Math.ceil(toMs / 1_000)), 'calls');
  const healthyCalls = callsIn(warmUpMs, onsetMs);
  const calls = callsIn(warmUpMs, seconds.length * 1_000);
  const { failedCalls, probesAtOnce, falseOpens, falseCloses } = observed;
  return {
    seed,
    outage: outageMs / 1_000,
    openAfter: sinceOnset(openMs),
    ...figuresOfSeconds(scenario, seconds),
    failedCalls,
    failedUntilOpen: untilOpen(observed.failedUntilOpen),
    callsPerRequest: untilOpen(per(observed.callsUntilOpen, observed.requestsUntilOpen)),
    readsPerCallHealthy: per(onset.reads - warm.reads, healthyCalls),
    readsPerCall: per(end.reads - warm.reads, calls),
    writesPerCall: per(end.writes - warm.writes, calls),
    peakWrites: end.peakWrites,
    throttled: end.throttled - warm.throttled,
    throttledUntil: Math.max(0, sinceOnset(end.throttledMs) ?? 0),
    dollarsPerMillionHealthy: dollarsPerMillion(warm, onset, healthyCalls),
    dollarsPerMillion: dollarsPerMillion(warm, end, calls),
    rejectedSettled: rejectedIn(settled.right),
    rejectedSkewed: rejectedIn(settled.skewed),
    live: per(observed.live, observed.ended),
    amplification: per(observed.made, observed.ended),
    addedP50: percentile(addedMs, timed, 0.5),
    addedP99: percentile(addedMs, timed, 0.99),
    ...{ probesAtOnce, falseOpens, falseCloses },
  };
}
