import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { type Environment, Fleet } from '../support/fleet.ts';

const ENVIRONMENTS = 5;
/** Calls that each makes during the outage: the first one, which finds out about it, is less than one per cent. */
const CALLS = 120;
const WORK_MS = 40;
/** So few that no environment opens a breaker of its own. */
const FAILED_FRACTION = 0.02;
const STORE_MS = 5;
/** What a store outage may cost, at the 99th percentile. */
const ALLOWED_MS = 30;

type Outage = (fleet: Fleet) => void;
const none: Outage = (fleet) => fleet.storeTakes(STORE_MS);

class OwnError extends Error {
  readonly status = 503;
}

/** Calls of all environments at random moments. Gives what each took during the outage, and errors that are not its own. */
async function streamOfCalls(outage: Outage, everyMs: number) {
  const fleet = new Fleet(ENVIRONMENTS, { chance: 'seeded', openMs: 12_000 });
  const traffic = seededRandom(1_000);
  const tookMs: number[] = [];
  const foreign: unknown[] = [];
  let isOutage = false;

  const callOf = async (environment: Environment) => {
    const startedAt = fleet.virtual.now;
    const error = await environment.call(async () => {
      await sleep(environment.clock, WORK_MS);
      if (traffic.next() < FAILED_FRACTION) throw new OwnError('outage');
    });
    if (error !== undefined && !(error instanceof OwnError)) foreign.push(error);
    if (isOutage) tookMs.push(fleet.virtual.now - startedAt);
  };
  const schedule = (environment: Environment, delayMs: number) => {
    environment.clock.after(delayMs, () => {
      schedule(environment, everyMs * (0.5 + traffic.next()));
      void callOf(environment);
    });
  };
  none(fleet);
  for (const environment of fleet.environments) schedule(environment, everyMs * traffic.next());
  await fleet.pass(10 * everyMs);
  isOutage = true;
  outage(fleet);
  while (tookMs.length < ENVIRONMENTS * CALLS) await fleet.pass(10 * everyMs);

  const sorted = tookMs.toSorted((a, b) => a - b);
  return { foreign, p99: sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN, most: sorted.at(-1) ?? 0 };
}

describe.each([
  ['all the time', 700],
  ['now and then', 9_000],
  ['so seldom that each was idle before', 40_000],
])('all environments, which are called %s,', (_, everyMs) => {
  const whileHealthy = streamOfCalls(none, everyMs);

  test.each<[string, Outage]>([
    ['refuses requests', (fleet) => fleet.storeRefuses()],
    ['throttles', (fleet) => fleet.storeThrottles(STORE_MS)],
    ['takes two seconds', (fleet) => fleet.storeTakes(2_000)],
    ['gives no answer', (fleet) => fleet.storeHangs()],
  ])('make each call in time, although the store %s', async (_outage, outage) => {
    const healthy = await whileHealthy;

    const { foreign, p99, most } = await streamOfCalls(outage, everyMs);

    expect(foreign).toEqual([]);
    expect(p99 - healthy.p99).toBeLessThanOrEqual(ALLOWED_MS);
    // A read that gets no answer, and then a report.
    expect(most).toBeLessThanOrEqual(WORK_MS + 70);
  });
});
