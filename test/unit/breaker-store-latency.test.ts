import { describe, expect, test } from 'vitest';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { throughEach } from '../../lib/simulation/requests.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

const SANDBOXES = 25;
/** Calls that each makes while the store is in trouble. */
const CALLS = 160;
const WORK_MS = 40;
/** So few that no sandbox opens for itself: of five calls it may take three for an outage. */
const FAILED_SHARE = 0.02;
const STORE_MS = 5;
const SLOW_MS = 2_000;
/** What trouble of the store may cost, at the 99th percentile. */
const ALLOWED_MS = 30;

/** What the store does in its trouble, after the time that it takes. */
const TROUBLES = {
  none: { afterMs: STORE_MS, isRefused: false },
  refused: { afterMs: 1, isRefused: true },
  throttled: { afterMs: STORE_MS, isRefused: true },
  slow: { afterMs: STORE_MS + SLOW_MS, isRefused: false },
} as const;
type Trouble = keyof typeof TROUBLES;

class OwnError extends Error {
  readonly status = 503;
}

/** A stream of calls of a fleet. Gives what each took, once the store was in trouble, and the errors of the store. */
async function stream(trouble: Trouble, everyMs: number) {
  const clock = fakeClock();
  const inner = memoryStore();
  let now: Trouble = 'none';
  const late = async <R>(request: () => Promise<R>, signal?: AbortSignal): Promise<R> => {
    const { afterMs, isRefused } = TROUBLES[now];
    await sleep(clock, afterMs, signal);
    if (isRefused) throw new StoreError(`${now}`, { retryable: true });
    return request();
  };
  const store = throughEach(inner, late);
  const tookMs: number[] = [];
  const foreign: unknown[] = [];
  const isOver = () => tookMs.length >= SANDBOXES * CALLS;

  for (let index = 0; index < SANDBOXES; index++) {
    const random = seededRandom(index);
    const traffic = seededRandom(1_000 + index);
    const breaker = sharedBreaker({ name: 'posts', store, clock, random });
    const work = async () => {
      await sleep(clock, WORK_MS);
      if (traffic.next() < FAILED_SHARE) throw new OwnError('outage');
    };
    const call = async () => {
      const startedAt = clock.monotonic();
      await breaker.execute(work).catch((error: unknown) => {
        if (!(error instanceof OwnError)) foreign.push(error);
      });
      if (now === trouble) tookMs.push(clock.monotonic() - startedAt);
    };
    const next = () => {
      if (isOver()) return;
      clock.after(everyMs * (0.5 + traffic.next()), next);
      void call();
    };
    clock.after(everyMs * traffic.next(), next);
  }

  if (trouble !== 'none') {
    await clock.advance(10 * everyMs);
    now = trouble;
  }
  while (!isOver()) await clock.advance(everyMs);
  const sorted = tookMs.toSorted((a, b) => a - b);
  return { foreign, p99: sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN, most: sorted.at(-1) ?? 0 };
}

describe.each([
  ['all the time', 700],
  ['now and then', 9_000],
  ['so seldom that it has always been away', 40_000],
])('a fleet whose sandboxes are called %s', (_, everyMs) => {
  test.each(['refused', 'throttled', 'slow'] as const)(
    'makes each call in time, though the store is %s',
    async (trouble) => {
      const healthy = await stream('none', everyMs);

      const { foreign, p99, most } = await stream(trouble, everyMs);

      expect(foreign).toEqual([]);
      expect(p99 - healthy.p99).toBeLessThanOrEqual(ALLOWED_MS);
      // A look that nobody answers, and then a report.
      expect(most).toBeLessThanOrEqual(WORK_MS + 70);
    },
  );
});
