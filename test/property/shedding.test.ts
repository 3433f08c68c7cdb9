import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { withShedding } from '../../lib/middleware/with-shedding.ts';
import { PRIORITIES, type Priority } from '../../lib/shedding/priority.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { timeSteps } from '../support/schedules.ts';

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      priority: fc.constantFrom(...PRIORITIES),
      tookMs: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 120 }) }, fc.constant(1_500)),
      throws: fc.boolean(),
      remainingMs: fc.oneof({ weight: 4, arbitrary: fc.constant(30_000) }, fc.integer({ min: 0, max: 300 })),
    }),
  },
  ...timeSteps({ pass: 60, freeze: 2_000 }),
);

const settings = fc.record({
  limit: fc.integer({ min: 1, max: 3 }),
  queueLimit: fc.integer({ min: 0, max: 6 }),
  queueTimeoutMs: fc.integer({ min: 1, max: 300 }),
});

/** A timer of a busy process may be this late, and what it waits for is given yet. Milliseconds. */
const LATE_MS = 10;
const rankOf = (priority: Priority) => PRIORITIES.indexOf(priority);

interface Request {
  readonly id: number;
  readonly priority: Priority;
  readonly cameAt: number;
  readonly mayWaitMs: number;
  fate?: string;
}

test('Shedding never handles more requests than its limit, sheds no higher one for want of room while a lower one waits, and lets none wait past its time', async () => {
  const seen = { waited: 0, time: 0, queue: 0, outlived: 0 };
  const property = fc.asyncProperty(
    settings,
    fc.array(step, { minLength: 5, maxLength: 60 }),
    async (given, steps) => {
      const clock = fakeClock();
      const broken: string[] = [];
      const all: Request[] = [];
      const frozen: (readonly [from: number, to: number])[] = [];
      /** When the slot of each that runs is free at the latest. */
      const running = new Map<number, number>();
      const waiting = () => all.filter(({ fate }) => fate === undefined);
      const handler = withShedding<
        { request: Request; next: { tookMs: number; throws: boolean; remainingMs: number } },
        unknown,
        Promise<void>
      >({ ...given, clock, priority: ({ request }) => request.priority }, async ({ request, next }) => {
        const now = clock.monotonic();
        const inTime = [...running.values()].filter((dueAt) => now < dueAt);
        if (inTime.length < running.size) seen.outlived++;
        if (inTime.length >= given.limit) broken.push('more requests than the limit');
        if (now - request.cameAt > request.mayWaitMs + LATE_MS) broken.push('a wait that was too long');
        const before = waiting().filter(
          (other) =>
            (rankOf(other.priority) < rankOf(request.priority) ||
              (other.priority === request.priority && other.id < request.id)) &&
            now - other.cameAt < other.mayWaitMs,
        );
        if (before.length > 0) broken.push('a turn before one that was due');
        if (now > request.cameAt) seen.waited++;
        request.fate = 'handled';
        running.set(request.id, request.cameAt + next.remainingMs);
        await sleep(clock, next.tookMs);
        running.delete(request.id);
        if (next.throws) throw new Error('thrown');
      });
      const runs: Promise<unknown>[] = [];
      for (const next of steps) {
        if (next.kind === 'pass') await clock.advance(next.ms);
        if (next.kind === 'freeze') {
          const from = clock.monotonic();
          frozen.push([from, from + next.ms]);
          await clock.freeze(next.ms);
        }
        if (next.kind !== 'request') continue;
        const { priority, remainingMs } = next;
        const request: Request = {
          ...{ id: all.length, priority, cameAt: clock.monotonic() },
          mayWaitMs: Math.min(given.queueTimeoutMs, remainingMs),
        };
        all.push(request);
        const run = handler({ request, next }, lambdaContext({ clock, remainingMs })).catch((error) => {
          if (error.code !== 'OVERLOADED') return;
          const reason: 'queue' | 'time' = error.reason;
          seen[reason]++;
          request.fate = reason;
          const now = clock.monotonic();
          if (reason === 'queue' && waiting().some((other) => rankOf(other.priority) > rankOf(priority)))
            broken.push('shed for want of room while a lower one waits');
          const endsAt = request.cameAt + request.mayWaitMs;
          const thaw = frozen.find(([from, to]) => from <= endsAt && endsAt <= to)?.[1] ?? endsAt;
          if (now > thaw) broken.push('shed later than its time');
        });
        runs.push(run);
        // Time does not pass: what is shed at once is shed.
        await clock.advance(0);
        if (waiting().length > given.queueLimit) broken.push('more wait than may');
        const lows = waiting().filter((each) => each.priority === 'low');
        if (lows.length > Math.ceil(given.queueLimit / 4)) broken.push('more low ones wait than may');
      }
      await clock.advance(20_000);
      await Promise.all(runs);

      expect(broken).toEqual([]);
      expect(waiting()).toEqual([]);
      expect(clock.pending).toBe(0);
    },
  );
  await fc.assert(property, { seed: 28, numRuns: 400 });
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(20);
});
