import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../lib/chaos/fault-options.ts';
import { drawFaults, injectFaults } from '../../lib/chaos/faults.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock, faultPlan, type PlannedFault, seededRandom, settle } from '../../lib/testing/index.ts';
import { withFaults } from '../support/with-faults.ts';

const NEVER = Number.POSITIVE_INFINITY;

// Even in value: of all doubles most are next to nothing.
const rate = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100) },
  fc.constantFrom(0, 1),
);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('latency' as const),
      ms: fc.integer({ min: 1, max: 50 }),
      rate,
    }),
  },
  fc.record({ kind: fc.constant('error' as const), error: fc.constant(() => 'error'), rate }),
  fc.record({ kind: fc.constant('hang' as const), rate }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('corrupt' as const), with: fc.constant(() => 'corrupt'), rate }),
  },
);
const faults = fc.array(fault, { maxLength: 5 });

interface Schedule {
  readonly tookMs: number;
  readonly fails: boolean;
  readonly abortsAt: number;
}

const schedule: fc.Arbitrary<Schedule> = fc.record({
  tookMs: fc.integer({ min: 1, max: 50 }),
  fails: fc.boolean(),
  // Between the moments at which everything else happens.
  abortsAt: fc.integer({ min: 0, max: 150 }).map((ms) => ms + 0.5),
});

/** What has to become of the call, and when. A call that has begun ignores its signal. */
function expected(met: readonly Fault[], { tookMs, fails, abortsAt }: Schedule) {
  let at = 0;
  let value = fails ? 'failed' : 'value';
  for (const current of met) {
    if (current.kind === 'latency') at += current.ms;
    if (at > abortsAt) return { outcome: 'abort', at: abortsAt, hung: false };
    if (current.kind === 'error') return { outcome: 'error', at, hung: false };
    if (current.kind === 'hang') return { outcome: 'abort', at: abortsAt, hung: true };
    if (current.kind === 'corrupt' && !fails) value = 'corrupt';
  }
  return { outcome: value, at: at + tookMs, hung: false };
}

describe('injected faults', () => {
  test('end as their list says, or hang until the signal aborts, and leave no timer and no listener', async () => {
    const endings: Record<string, number> = { value: 0, failed: 0, corrupt: 0, error: 0, abort: 0 };
    let hung = 0;
    const property = fc.asyncProperty(faults, schedule, fc.nat(), async (list, given, seed) => {
      const clock = fakeClock();
      const controller = new AbortController();
      const call = async () => {
        await sleep(clock, given.tookMs);
        if (given.fails) return Promise.reject('failed');
        return 'value';
      };
      const listeners = () => getEventListeners(controller.signal, 'abort').length;
      let ended: { outcome: string; at: number } | undefined;
      const end = (outcome: string) => {
        ended = { outcome, at: clock.monotonic() };
      };
      const injected = withFaults(list, call, { clock, random: seededRandom(seed) });
      void injected({ signal: controller.signal }).then(end, end);
      const chance = seededRandom(seed);
      const want = expected(
        list.filter((each) => chance.next() < (each.rate ?? 1)),
        given,
      );

      await clock.advance(given.abortsAt);
      if (want.hung) {
        // Whatever it waited for before, now only the signal can end it.
        expect(ended).toBeUndefined();
        expect(clock.pending).toBe(0);
        expect(listeners()).toBe(1);
        await clock.advance(86_400_000);
        expect(ended).toBeUndefined();
      }
      controller.abort('abort');
      await settle();
      expect(listeners()).toBe(0);
      if (want.outcome === 'abort') expect(ended?.outcome).toBe('abort');
      // Nothing waits but a call that is on its way.
      expect(clock.pending).toBe(want.at > given.abortsAt ? 1 : 0);

      await clock.advance(1_000);
      expect(ended?.outcome).toBe(want.outcome);
      if (!want.hung) expect(ended?.at).toBe(want.at);
      expect(clock.pending).toBe(0);
      endings[want.outcome] = (endings[want.outcome] ?? 0) + 1;
      if (want.hung) hung++;
    });
    await fc.assert(property, { seed: 51, numRuns: 500 });
    expect(Math.min(...Object.values(endings), hung)).toBeGreaterThan(20);
  });

  test('are the same for the same seed, and others for another seed', async () => {
    const outcomesOf = async (list: readonly Fault[], seed: number) => {
      const clock = fakeClock();
      const { signal } = new AbortController();
      const injected = withFaults(list, async () => 'value', { clock, random: seededRandom(seed) });
      const outcomes: string[] = [];
      for (let attempt = 1; attempt <= 30; attempt++) {
        const at = clock.monotonic();
        const run = injected({ signal }).catch((error: unknown) => error);
        await clock.advance(1_000);
        const outcome = await Promise.race([run, settle().then(() => 'hung')]);
        outcomes.push(`${outcome} at ${at}`);
      }
      return outcomes;
    };
    let differed = 0;
    const property = fc.asyncProperty(faults, fc.nat(), async (list, seed) => {
      const once = await outcomesOf(list, seed);
      expect(await outcomesOf(list, seed)).toEqual(once);
      if (JSON.stringify(await outcomesOf(list, seed + 1)) !== JSON.stringify(once)) differed++;
    });
    await fc.assert(property, { seed: 52, numRuns: 60 });
    expect(differed).toBeGreaterThan(30);
  });

  test('are drawn as often as their rates say, whatever else is in the list', () => {
    const DRAWS = 10_000;
    const property = fc.property(fc.array(rate, { minLength: 1, maxLength: 4 }), fc.nat(), (rates, seed) => {
      const random = seededRandom(seed);
      const list = rates.map((each): Fault => ({ kind: 'hang', rate: each }));
      const counts = new Map<Fault, number>(list.map((each) => [each, 0]));
      for (let draw = 0; draw < DRAWS; draw++) {
        for (const met of drawFaults(list, random)) counts.set(met, (counts.get(met) ?? 0) + 1);
      }
      for (const [each, count] of counts) {
        const probability = each.rate ?? 1;
        const deviation = Math.sqrt(DRAWS * probability * (1 - probability));
        expect(Math.abs(count - DRAWS * probability)).toBeLessThanOrEqual(5 * deviation);
      }
    });
    fc.assert(property, { seed: 53, numRuns: 40 });
  });

  test('let a protected call end within its total timeout', async () => {
    const sources: Record<string, number> = { live: 0, fallback: 0 };
    const property = fc.asyncProperty(
      faults,
      fc.record({
        totalTimeoutMs: fc.integer({ min: 1, max: 200 }),
        attemptTimeoutMs: fc.integer({ min: 1, max: 100 }),
      }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      async (list, limits, maxAttempts, seed) => {
        const clock = fakeClock();
        const { signal } = new AbortController();
        const posts = resilient<string>({
          name: 'posts',
          ...limits,
          retry: { maxAttempts },
          fallback: () => 'fallback',
          faults: injectFaults({ enabled: true, faults: list }),
          clock,
          random: seededRandom(seed),
        });
        const run = posts.outcome(async () => 'value', { signal });
        await clock.advance(limits.totalTimeoutMs);

        expect(clock.pending).toBe(0);
        expect(getEventListeners(signal, 'abort')).toEqual([]);
        const { source, value, durationMs } = await run;
        expect(durationMs).toBeLessThanOrEqual(limits.totalTimeoutMs);
        expect(source === 'live' ? ['value', 'corrupt'] : ['fallback']).toContain(value);
        sources[source] = (sources[source] ?? 0) + 1;
      },
    );
    await fc.assert(property, { seed: 54, numRuns: 200 });
    expect(Math.min(...Object.values(sources))).toBeGreaterThan(30);
  });
});

describe('a fault plan', () => {
  const entry: fc.Arbitrary<PlannedFault> = fc.oneof(
    fc.constantFrom('ok' as const, 'error' as const, 'hang' as const, 'corrupt' as const),
    fc.record({ kind: fc.constant('latency' as const), ms: fc.integer({ min: 1, max: 50 }) }),
  );
  const nameOf = (planned: PlannedFault | undefined) =>
    planned === undefined ? 'ok' : typeof planned === 'string' ? planned : planned.kind;

  test('hands each call the next entry, also calls that are made at once', async () => {
    const plans = fc.array(entry, { maxLength: 8 });
    const property = fc.asyncProperty(plans, fc.boolean(), fc.nat(5), async (plan, repeat, more) => {
      const clock = fakeClock();
      const controller = new AbortController();
      const context: CallContext = { signal: controller.signal, attempt: 1, remainingMs: () => NEVER };
      const planned = faultPlan(plan, { repeat, clock });
      const call = planned.wrap<unknown>(async () => 'value');
      const times = plan.length + more;
      const seen = await Promise.all(
        Array.from({ length: times }, async () => {
          const run = Promise.resolve(call(context)).then(
            (value) => (value === 'value' ? 'ok' : 'corrupt'),
            () => 'error',
          );
          if ((await Promise.race([run, settle().then(() => undefined)])) !== undefined) return run;
          return clock.pending > 0 ? 'waits' : 'hang';
        }),
      );

      const wanted = Array.from({ length: times }, (_, nth) =>
        nameOf(plan[nth] ?? (repeat ? plan.at(-1) : undefined)),
      );
      // A call that waits and one that hangs look alike until time passes.
      const asSeen = (name: string) => (name === 'latency' || name === 'hang' ? 'later' : name);
      const blurred = (name: string) => (name === 'waits' || name === 'hang' ? 'later' : name);
      expect(seen.map(blurred)).toEqual(wanted.map(asSeen));
      expect(planned.calls).toBe(times);
      expect(clock.pending).toBe(wanted.filter((name) => name === 'latency').length);

      controller.abort('abort');
      await settle();
      expect(clock.pending).toBe(0);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });
    await fc.assert(property, { seed: 55, numRuns: 200 });
  });
});
