import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { FibrinError } from '../../lib/core/errors.ts';
import { retry } from '../../lib/policy/retry.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

/** What one attempt does: how long it takes and how it ends. */
interface Try {
  readonly tookMs: number;
  readonly ends: 'well' | 'transient' | 'permanent';
  /** What a transient error asks to wait. */
  readonly askedMs: number;
}

const tries: fc.Arbitrary<Try[]> = fc.array(
  fc.record({
    tookMs: fc.integer({ min: 0, max: 200 }),
    ends: fc.oneof(
      { weight: 8, arbitrary: fc.constant('transient' as const) },
      fc.constantFrom('well' as const, 'permanent' as const),
    ),
    askedMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 2_000 })),
  }),
  { minLength: 10, maxLength: 10 },
);

const options = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 10 }),
  baseDelayMs: fc.integer({ min: 1, max: 500 }),
  maxDelayMs: fc.integer({ min: 1, max: 1_000 }),
});
const deadlines = fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.constant(Number.POSITIVE_INFINITY));

const errorOf = ({ ends, askedMs }: Try): Error =>
  ends === 'transient'
    ? new FibrinError('BUSY', 'busy', { retryable: true, retryAfterMs: askedMs })
    : Object.assign(new Error('no'), { status: 400 });

describe('retry', () => {
  test("keeps to maxAttempts, to the bounds of its waits and to its caller's time", async () => {
    let waits = 0;
    let gaveUpForTime = 0;
    const property = fc.asyncProperty(
      options,
      tries,
      deadlines,
      fc.nat(),
      async (given, script, totalMs, seed) => {
        const clock = fakeClock();
        const startedAt: number[] = [];
        const call = async ({ attempt }: { attempt: number }) => {
          startedAt.push(clock.monotonic());
          const current = script[attempt - 1];
          if (current === undefined) throw new Error('There was one attempt too many');
          await sleep(clock, current.tookMs);
          if (current.ends !== 'well') throw errorOf(current);
          return 'well';
        };
        const policy = retry({ ...given, clock, random: seededRandom(seed) });
        let endedAt = 0;
        const run = policy.execute(call, { remainingMs: totalMs }).then(
          () => {
            endedAt = clock.monotonic();
          },
          () => {
            endedAt = clock.monotonic();
          },
        );
        await clock.advance(100_000);
        await run;

        const made = startedAt.length;
        const mayBeMade = script.findIndex(({ ends }) => ends !== 'transient') + 1 || script.length;
        expect(made).toBeLessThanOrEqual(Math.min(given.maxAttempts, mayBeMade));
        // Fewer only for want of time.
        if (made < Math.min(given.maxAttempts, mayBeMade)) {
          gaveUpForTime++;
          expect(totalMs).toBeLessThan(Number.POSITIVE_INFINITY);
        }
        for (const [index, { tookMs, askedMs }] of script.slice(0, made - 1).entries()) {
          const wait = (startedAt[index + 1] ?? 0) - (startedAt[index] ?? 0) - tookMs;
          const bound = Math.min(given.maxDelayMs, given.baseDelayMs * 2 ** index);
          expect(wait).toBeGreaterThanOrEqual(askedMs - 1e-6);
          expect(wait).toBeLessThanOrEqual(Math.max(bound, askedMs) + 1e-6);
          // No attempt begins when the time is over.
          expect(startedAt[index + 1]).toBeLessThan(totalMs);
          waits++;
        }
        // And nothing is waited for after the last attempt.
        expect(endedAt).toBeCloseTo((startedAt[made - 1] ?? 0) + (script[made - 1]?.tookMs ?? 0), 6);
        expect(clock.pending).toBe(0);
      },
    );
    await fc.assert(property, { seed: 21, numRuns: 200 });
    expect(waits).toBeGreaterThan(100);
    expect(gaveUpForTime).toBeGreaterThan(10);
  });
});
