import { sleep } from '../../lib/core/clock.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

/** What a call takes, of two random numbers from 0 to 1. Milliseconds. */
export type Latency = (chance: number, spread: number) => number;

/** Nineteen of twenty calls answer in 20 to 80 ms, the others in 100 to 1,000. */
export const WITH_A_TAIL: Latency = (chance, spread) =>
  chance < 0.95 ? 20 + 60 * spread : 100 + 900 * spread;
/** All calls take as long as the slow ones do otherwise. */
export const ALL_SLOW: Latency = (_chance, spread) => 100 + 900 * spread;

export interface LatencyFigures {
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Calls of the dependency for each hundred requests. */
  readonly calls: number;
}

const REQUESTS = 5_000;
/** Between two requests. Milliseconds. */
const EVERY_MS = 20;

/** An open loop of requests to one environment. Each call takes its time whatever the others take. */
export async function latencyOf(
  latency: Latency,
  options: Partial<ResilientOptions<number>>,
): Promise<LatencyFigures> {
  const clock = fakeClock();
  const random = seededRandom(17);
  const reads = resilient<number>({ name: 'reads', clock, random: seededRandom(18), ...options });
  let calls = 0;
  const took: number[] = [];
  const runs: Promise<unknown>[] = [];
  for (let n = 0; n < REQUESTS; n++) {
    const run = reads.outcome(({ signal }) => {
      calls++;
      return sleep(clock, latency(random.next(), random.next()), signal).then(() => 1);
    });
    runs.push(run.then(({ durationMs }) => took.push(durationMs)));
    await clock.advance(EVERY_MS);
  }
  await clock.advance(60_000);
  await Promise.all(runs);
  took.sort((one, other) => one - other);
  const percentile = (percent: number) => Math.round(took[Math.ceil((REQUESTS * percent) / 100) - 1] ?? 0);
  return {
    ...{ p50: percentile(50), p95: percentile(95), p99: percentile(99) },
    calls: Math.round((100 * calls) / REQUESTS),
  };
}
