import { dollarsPerMillion, type StoreCosts } from './costs.ts';
import type { Scenario } from './scenario.ts';
import { timesOf } from './times.ts';
import type { Sighted } from './watch.ts';

/** What one second of a simulation has seen. */
export interface Second {
  calls: number;
  rejected: number;
  /** Calls that were made, and failed. */
  failed: number;
}

export interface Figures {
  readonly seed: number;
  /** How long the outage was, in seconds. */
  readonly outage: number;
  /** From the onset until the fleet's breaker is open, in seconds. Null: it never was. */
  readonly verdict: number | null;
  /** From the onset to the end of the first second of which 95 % is rejected. */
  readonly rejected95: number | null;
  /** From the end of the outage to the end of the first second of which 95 % is let through. */
  readonly recovered: number | null;
  /** Calls that failed in the outage. */
  readonly wasted: number;
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
  /** Share of calls that are rejected before the onset. */
  readonly rejectedHealthy: number;
  /** The most probes at one time. */
  readonly probesAtOnce: number;
  /** How often it closed while the outage went on. */
  readonly falseCloses: number;
}

/** What was counted up to a moment. */
export interface Snapshots {
  readonly warm: StoreCosts;
  readonly onset: StoreCosts;
  readonly end: StoreCosts;
}

export function figuresOf(
  scenario: Scenario,
  seconds: readonly Second[],
  { warm, onset, end }: Snapshots,
  sighted: Sighted,
): Figures {
  const { seed, warmUpMs, outageMs } = scenario;
  const { onsetMs, overMs, endMs } = timesOf(scenario);
  const of = (fromMs: number, toMs: number) =>
    seconds.slice(Math.floor(fromMs / 1_000), Math.ceil(toMs / 1_000));
  const sum = (some: readonly Second[], what: keyof Second) =>
    some.reduce((all, second) => all + second[what], 0);
  const healthy = of(warmUpMs, onsetMs);
  /** Without the second of the onset, in which it may have opened. */
  const before = of(warmUpMs, Math.floor(onsetMs / 1_000) * 1_000);
  const all = of(warmUpMs, endMs);
  /** Whole seconds after a moment, of which the last may have been cut short. */
  const firstAfter = (fromMs: number, is: (rejectedShare: number) => boolean): number | null => {
    for (let second = Math.ceil(fromMs / 1_000); second < seconds.length - 1; second++) {
      const { calls, rejected } = seconds[second] as Second;
      if (calls > 0 && is(rejected / calls)) return second + 1 - fromMs / 1_000;
    }
    return null;
  };
  const healthyCalls = sum(healthy, 'calls');
  const calls = sum(all, 'calls');
  const per = (count: number, of: number) => (of === 0 ? 0 : count / of);
  const sinceOnset = (ms: number | undefined) => (ms === undefined ? null : (ms - onsetMs) / 1_000);
  return {
    seed,
    outage: outageMs / 1_000,
    verdict: sinceOnset(sighted.verdictMs),
    rejected95: firstAfter(onsetMs, (share) => share >= 0.95),
    recovered: firstAfter(overMs, (share) => share <= 0.05),
    wasted: sighted.wasted,
    readsPerCallHealthy: per(onset.reads - warm.reads, healthyCalls),
    readsPerCall: per(end.reads - warm.reads, calls),
    writesPerCall: per(end.writes - warm.writes, calls),
    peakWrites: end.peakWrites,
    throttled: end.throttled - warm.throttled,
    throttledUntil: Math.max(0, sinceOnset(sighted.throttledMs) ?? 0),
    dollarsPerMillionHealthy: dollarsPerMillion(warm, onset, healthyCalls),
    dollarsPerMillion: dollarsPerMillion(warm, end, calls),
    rejectedHealthy: per(sum(before, 'rejected'), sum(before, 'calls')),
    probesAtOnce: sighted.probesAtOnce,
    falseCloses: sighted.falseCloses,
  };
}
