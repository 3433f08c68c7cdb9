import fc, { type Scheduler } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/breaker.ts';
import { readVerdict, type Verdict, verdictKey } from '../../lib/breaker/machine.ts';
import type { BreakerStore } from '../../lib/breaker/options.ts';
import type { Permit } from '../../lib/breaker/permit.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import type { Item } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const KEY = verdictKey('posts');
const OPEN_MS = 5_000;
const SANDBOXES = 3;

const verdictOf = (item: Item | undefined): Verdict => {
  const verdict = item && readVerdict(item);
  if (verdict === undefined) throw new Error('The store holds something that is no verdict');
  return verdict;
};

/**
 * A store whose every request and every answer travels until the scheduler lets it arrive, in any order. What it holds
 * is watched: a change that the protocol does not know fails the run.
 */
function watchedStore(scheduler: Scheduler, clock: FakeClock) {
  const inner = memoryStore();
  /** Tokens of the claims that were applied, and how often. */
  const claims = new Map<string, number>();
  const count = { trips: 0, claims: 0, closings: 0, takenOver: 0 };
  const travel = (what: string) => scheduler.schedule(Promise.resolve(), what);

  const check = (before: Item | undefined, after: Verdict) => {
    const old = before && verdictOf(before);
    if (after.prober !== '') {
      // A claim: in an open epoch, when nobody can hold the probe any more.
      expect(old).toMatchObject({ state: 'open', epoch: after.epoch });
      expect(old?.until).toBeLessThanOrEqual(clock.now());
      claims.set(after.prober, (claims.get(after.prober) ?? 0) + 1);
      count.claims++;
      if (old?.prober !== '') count.takenOver++;
    } else {
      // A change of state begins the next epoch, and only the holder of the probe closes.
      expect(after.epoch).toBe((old?.epoch ?? 0) + 1);
      expect(after.state).not.toBe(old?.state ?? 'closed');
      if (after.state === 'closed') expect(old?.prober).not.toBe('');
      count[after.state === 'open' ? 'trips' : 'closings']++;
    }
  };

  // A breaker survives whatever its store throws, so what is wrong is kept until somebody asks.
  const wrong: unknown[] = [];
  const note = (look: () => void) => {
    try {
      look();
    } catch (error) {
      wrong.push(error);
    }
  };

  const store: BreakerStore = {
    name: 'watched',
    async get(key) {
      await travel('get');
      const item = await inner.get(key);
      await travel('got');
      return item;
    },
    async put(key, item, options) {
      await travel('put');
      const before = await inner.get(key);
      const result = await inner.put(key, item, options);
      if (result.applied) note(() => check(before, verdictOf(item)));
      await travel('done');
      return result;
    },
    delete: inner.delete,
    shareBreaker: inner.shareBreaker,
  };
  return { store, inner, claims, count, wrong };
}

/** One sandbox, which enters one call at a time and may have several under way. */
function sandbox(store: BreakerStore, clock: FakeClock, seed: number, claims: Map<string, number>) {
  const seeded = seededRandom(seed);
  let drawn: string | undefined;
  const random: Random = {
    next: seeded.next,
    token() {
      drawn = seeded.token();
      return drawn;
    },
  };
  const options = { store, name: 'posts', minimumCalls: 1, openMs: OPEN_MS, clock, random };
  const breaker = circuitBreaker(options);
  const permits: Permit[] = [];
  const probes: string[] = [];
  let entering = false;
  return {
    permits,
    probes,
    async enter() {
      if (entering) return;
      entering = true;
      drawn = undefined;
      try {
        const permit = await breaker.enter();
        permits.push(permit);
        if (drawn !== undefined) {
          // A call under a claim: nobody may make it whose claim the store did not apply.
          expect(claims.get(drawn)).toBe(1);
          probes.push(drawn);
        }
      } catch (error) {
        if (!(error instanceof BreakerOpenError)) throw error;
      } finally {
        entering = false;
      }
    },
    settle: async (failed: boolean) => permits.shift()?.settle(failed),
  };
}

type Step =
  | { readonly do: 'enter'; readonly who: number }
  | { readonly do: 'settle'; readonly who: number; readonly failed: boolean }
  | { readonly do: 'travel'; readonly times: number }
  | { readonly do: 'wait'; readonly ms: number };

const who = fc.nat(SANDBOXES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('enter'), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle'), who, failed: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('travel'), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(50, 1_000, OPEN_MS) }) },
);

describe('a fleet of breakers on one store', () => {
  test('never has two probes under one claim and never goes back an epoch, whatever the interleaving', async () => {
    const seen = { trips: 0, claims: 0, closings: 0, takenOver: 0, probes: 0 };
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 40, maxLength: 80, size: 'max' }),
      async (scheduler, steps) => {
        const clock = fakeClock();
        const { store, claims, count, wrong } = watchedStore(scheduler, clock);
        const fleet = Array.from({ length: SANDBOXES }, (_, at) => sandbox(store, clock, at + 1, claims));
        const running: Promise<unknown>[] = [];
        const travel = async (times: number) => {
          for (let time = 0; time < times && scheduler.count() > 0; time++) await scheduler.waitNext(1);
          await settle();
        };

        for (const next of steps) {
          if (next.do === 'enter') running.push(fleet[next.who]?.enter() ?? Promise.resolve());
          else if (next.do === 'settle')
            running.push(fleet[next.who]?.settle(next.failed) ?? Promise.resolve());
          else if (next.do === 'travel') await travel(next.times);
          else await clock.advance(next.ms);
          await settle();
        }
        while (scheduler.count() > 0) await travel(1);
        await Promise.all(running);

        expect(wrong).toEqual([]);
        const probes = fleet.flatMap((member) => member.probes);
        expect(new Set(probes).size).toBe(probes.length);
        expect(probes.length).toBeLessThanOrEqual(count.claims);
        for (const name of ['trips', 'claims', 'closings', 'takenOver'] as const) seen[name] += count[name];
        seen.probes += probes.length;
      },
    );
    await fc.assert(property, { seed: 41, numRuns: 150 });
    // The runs got as far as what the property is about.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  test('is never stuck: when the dependency is back, everybody calls again', async () => {
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (scheduler, steps) => {
        const clock = fakeClock();
        const { store, inner, claims } = watchedStore(scheduler, clock);
        const fleet = Array.from({ length: SANDBOXES }, (_, at) => sandbox(store, clock, at + 1, claims));
        const travelAll = async () => {
          await settle();
          while (scheduler.count() > 0) {
            await scheduler.waitNext(1);
            await settle();
          }
        };
        for (const next of steps) {
          if (next.do === 'enter') void fleet[next.who]?.enter();
          else if (next.do === 'settle') void fleet[next.who]?.settle(next.failed);
          else if (next.do === 'wait') await clock.advance(next.ms);
          else await travelAll();
        }
        await travelAll();
        // What was under way is forgotten, as by sandboxes that have died.
        for (const member of fleet) member.permits.length = 0;

        for (let round = 0; round < 3; round++) {
          await clock.advance(OPEN_MS);
          for (const member of fleet) {
            void member.enter();
            await travelAll();
            void member.settle(false);
            await travelAll();
          }
        }

        const item = await inner.get(KEY);
        if (item) expect(verdictOf(item).state).toBe('closed');
        for (const member of fleet) {
          void member.enter();
          await travelAll();
          expect(member.permits).toHaveLength(1);
        }
      },
    );
    await fc.assert(property, { seed: 42, numRuns: 100 });
  });

  test('refuses everywhere a second after the trip, but for one probe a claim', async () => {
    const calls = fc.array(fc.record({ who: fc.nat(4), gapMs: fc.integer({ min: 0, max: 900 }) }), {
      minLength: 20,
      maxLength: 60,
      size: 'max',
    });
    let late = 0;
    const property = fc.asyncProperty(calls, async (all) => {
      const clock = fakeClock();
      const store = memoryStore();
      const openedAt = () => store.get(KEY).then((item) => item && verdictOf(item).since);
      const madeLate: number[] = [];
      const fleet = Array.from({ length: 5 }, (_, at) =>
        circuitBreaker({
          store,
          name: 'posts',
          minimumCalls: 2,
          openMs: OPEN_MS,
          clock,
          random: seededRandom(at),
        }),
      );
      const { signal } = new AbortController();

      // The dependency is down and stays so.
      for (const { who: index, gapMs } of all) {
        await clock.advance(gapMs);
        const since = await openedAt();
        const call = async () => {
          if (since !== undefined && clock.now() - since >= 1_000) madeLate.push(clock.now());
          throw Object.assign(new Error('outage'), { status: 503 });
        };
        await fleet[index]?.execute(call, { signal }).catch(() => 'refused or failed');
      }

      late += madeLate.length;
      for (const [index, at] of madeLate.slice(1).entries()) {
        expect(at - (madeLate[index] ?? 0)).toBeGreaterThanOrEqual(OPEN_MS);
      }
    });
    await fc.assert(property, { seed: 43, numRuns: 100 });
    expect(late).toBeGreaterThan(100);
  });
});
