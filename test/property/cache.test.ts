import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CacheOptions, cache } from '../../lib/cache/index.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import { elapsedMs, type Moment, momentOf } from '../../lib/core/moment.ts';
import { propertyOf } from '../../lib/core/property.ts';
import type { Outcome } from '../../lib/policy/outcome.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const KEYS = ['a', 'b', 'c'];
const key = fc.constantFrom(...KEYS);
const TOTAL_MS = 400;

/** One step of a run. Times are in milliseconds. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      key,
      tookMs: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 150 }) },
        fc.constant(Number.POSITIVE_INFINITY),
      ),
      fails: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
      listens: fc.boolean(),
      remainingMs: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        fc.integer({ min: 0, max: 200 }),
      ),
      abortsAfter: fc.oneof(
        { weight: 4, arbitrary: fc.constant(undefined) },
        fc.integer({ min: 0, max: 200 }),
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 120 }) }),
  },
  fc.record({ kind: fc.constantFrom('set' as const, 'invalidate' as const, 'clear' as const), key }),
  fc.record({
    kind: fc.constantFrom('freeze' as const, 'stop' as const),
    ms: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 100 }) },
      fc.integer({ min: 0, max: 2_000 }),
    ),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type CallStep = Extract<Step, { kind: 'call' }>;

/** What a dependency says of a key: what it knew when the load began. */
interface Fact {
  readonly written: number;
  readonly readAt: Moment;
  readonly text: string;
}

interface Running {
  readonly key: string;
  readonly since: Moment;
  /** How often the key had been set or invalidated. */
  readonly changes: number;
  readonly signal: AbortSignal;
  isOver: boolean;
}

interface Made {
  readonly step: CallStep;
  readonly startedAt: Moment;
  /** What was written last when the call began. */
  readonly written: number;
  readonly signal: AbortSignal;
  readonly outcome: Promise<Outcome<Fact>>;
  endedAt?: Moment;
  frozenMs: number;
}

const settings = fc.record({
  staleWhileRevalidateMs: fc.constantFrom(0, 80),
  staleIfErrorMs: fc.constantFrom(0, 300, 2_000),
  maxEntries: fc.constantFrom(1, 2, 10),
});
const TTL_MS = 100;

/** A dependency that is written to, and a cache in front of it. */
class World {
  readonly clock: FakeClock = fakeClock();
  readonly loads: Running[] = [];
  readonly calls: Made[] = [];
  readonly problems: string[] = [];
  readonly #written = new Map<string, number>();
  readonly #changes = new Map<string, number>();
  readonly kept;
  readonly #policy;

  constructor(options: Partial<CacheOptions<Fact>>, seed: number) {
    const { clock } = this;
    const random = seededRandom(seed);
    this.kept = cache<Fact>({ name: 'kept', ttlMs: TTL_MS, clock, random, ...options });
    const limits = { totalTimeoutMs: TOTAL_MS, attemptTimeoutMs: 200 };
    this.#policy = resilient<Fact>({ name: 'facts', ...limits, clock, random, cache: this.kept });
  }

  written(of: string): number {
    return this.#written.get(of) ?? 0;
  }

  #fact(of: string): Fact {
    return { written: this.written(of), readAt: momentOf(this.clock), text: 'x'.repeat(20) };
  }

  #load(step: CallStep): (context: CallContext) => Promise<Fact> {
    const { clock } = this;
    return async ({ signal, remainingMs }) => {
      const fact = this.#fact(step.key);
      const changes = this.#changes.get(step.key) ?? 0;
      const others = this.loads.filter(
        (load) =>
          load.key === step.key &&
          load.changes === changes &&
          !load.isOver &&
          !load.signal.aborted &&
          elapsedMs(clock, load.since) < TOTAL_MS,
      );
      // What is thrown here would only fail the call.
      if (others.length > 0) this.problems.push(`a second load of ${step.key}`);
      if (remainingMs() > 200) this.problems.push('a load has more time than an attempt');
      const own: Running = { key: step.key, since: fact.readAt, changes, signal, isOver: false };
      this.loads.push(own);
      try {
        if (step.tookMs < Number.POSITIVE_INFINITY)
          await sleep(clock, step.tookMs, step.listens ? signal : undefined);
        else await new Promise(() => {});
        if (step.fails) throw Object.assign(new Error('outage'), { status: 503 });
        return fact;
      } finally {
        own.isOver = true;
      }
    };
  }

  #call(step: CallStep): void {
    const { clock } = this;
    const controller = new AbortController();
    const { signal } = controller;
    if (step.abortsAfter !== undefined) clock.after(step.abortsAfter, () => controller.abort('gone'));
    const options = { key: step.key, signal, remainingMs: step.remainingMs };
    const startedAt = momentOf(clock);
    const outcome = this.#policy.outcome(this.#load(step), options);
    const made: Made = { step, startedAt, written: this.written(step.key), signal, outcome, frozenMs: 0 };
    this.calls.push(made);
    void outcome.then(() => {
      made.endedAt = momentOf(clock);
    });
  }

  #change(of: string): void {
    this.#changes.set(of, (this.#changes.get(of) ?? 0) + 1);
  }

  async take(step: Step): Promise<void> {
    const { clock, kept } = this;
    switch (step.kind) {
      case 'call':
        return this.#call(step);
      case 'advance':
        return clock.advance(step.ms);
      case 'freeze': {
        for (const call of this.calls) if (!call.endedAt) call.frozenMs += step.ms;
        return clock.freeze(step.ms);
      }
      // A freeze that stops the monotonic clock.
      case 'stop':
        await settle();
        return clock.jump(step.ms);
      case 'clear': {
        for (const each of KEYS) this.#change(each);
        return kept.clear();
      }
      case 'set':
      case 'invalidate': {
        this.#written.set(step.key, this.written(step.key) + 1);
        this.#change(step.key);
        return step.kind === 'set' ? kept.set(step.key, this.#fact(step.key)) : kept.invalidate(step.key);
      }
    }
  }
}

/** How old a value may be that comes from the cache. Milliseconds. */
const maxAgeMs = (
  source: string,
  { staleWhileRevalidateMs = 0, staleIfErrorMs = 0 }: Partial<CacheOptions<Fact>>,
) => TTL_MS + (source === 'cache' ? staleWhileRevalidateMs : staleIfErrorMs);

describe('a cache in a policy', () => {
  test('makes one load a key, and keeps to ages, to the time of each caller and to the order of writes', async () => {
    const sources: Record<string, number> = { live: 0, cache: 0, stale: 0, none: 0 };
    let joined = 0;
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      settings,
      fc.nat(),
      async (steps, options, seed) => {
        const world = new World(options, seed);
        const { clock, kept } = world;
        for (const each of steps) {
          await world.take(each);
          if (each.kind !== 'call') await settle();
          expect(kept.size).toBeLessThanOrEqual(options.maxEntries);
        }
        await clock.advance(10_000);

        expect(world.problems).toEqual([]);
        for (const made of world.calls) {
          const outcome = await made.outcome;
          const { startedAt, endedAt = startedAt, frozenMs } = made;
          const limitMs = Math.min(
            TOTAL_MS,
            made.step.remainingMs ?? TOTAL_MS,
            made.step.abortsAfter ?? TOTAL_MS,
          );
          expect(outcome.durationMs).toBeLessThanOrEqual(limitMs + frozenMs);
          expect(getEventListeners(made.signal, 'abort')).toEqual([]);
          sources[outcome.source] = (sources[outcome.source] ?? 0) + 1;
          // A caller that gives up, or has no time left, ends no other call.
          if (outcome.error === 'gone') expect(made.step.abortsAfter).toBeDefined();
          if (propertyOf(outcome.error, 'limit') === "caller's time limit")
            expect(made.step.remainingMs).toBeDefined();
          if (outcome.source === 'none') continue;
          expect(outcome.value.written).toBeGreaterThanOrEqual(made.written);
          const { readAt } = outcome.value;
          if (outcome.source === 'live') {
            if (outcome.attempts === 0) joined++;
            continue;
          }
          const age = Math.max(endedAt.monotonic - readAt.monotonic, endedAt.wall - readAt.wall);
          expect(age).toBeLessThan(maxAgeMs(outcome.source, options));
        }
        // No call waits any more, so each load has ended or was given up.
        expect(world.loads.filter(({ isOver, signal }) => !isOver && !signal.aborted)).toEqual([]);
        expect(clock.pending).toBe(0);
      },
    );
    await fc.assert(property, { seed: 71, numRuns: 400 });
    expect(Math.min(...Object.values(sources))).toBeGreaterThan(60);
    expect(joined).toBeGreaterThan(200);
  });

  test('never hands out an older version after a newer one that it keeps', async () => {
    let hits = 0;
    const change = fc.record({
      kind: fc.constantFrom('set' as const, 'load' as const, 'advance' as const),
      version: fc.integer({ min: 0, max: 20 }),
      ms: fc.integer({ min: 0, max: 50 }),
    });
    const property = fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
      const clock = fakeClock();
      const kept = cache<{ v: number }>({
        ...{ name: 'kept', ttlMs: 20, staleIfErrorMs: 1_000_000, clock },
        version: ({ v }) => v,
      });
      const failing = () => Promise.reject(new Error('outage'));
      let newest = -1;
      for (const { kind, version, ms } of changes) {
        if (kind === 'advance') await clock.advance(ms);
        else if (kind === 'set') kept.set('a', { v: version });
        else {
          const slow = async () => {
            await sleep(clock, ms);
            return { v: version };
          };
          void kept.execute(slow, { key: 'a' });
          await settle();
        }
        // Joins no load, and makes none that could bring something.
        if (kept.size === 0) continue;
        const before = await Promise.race([
          kept.execute(failing, { key: 'a' }),
          settle().then(() => undefined),
        ]);
        if (before === undefined) continue;
        hits++;
        expect(before.v).toBeGreaterThanOrEqual(newest);
        newest = before.v;
      }
      await clock.advance(10_000);
      expect(clock.pending).toBe(0);
    });
    await fc.assert(property, { seed: 72, numRuns: 200 });
    expect(hits).toBeGreaterThan(500);
  });
});

test('a cache never holds more entries and bytes than it may', async () => {
  let evicted = 0;
  const set = fc.record({ key: fc.integer({ min: 0, max: 60 }), length: fc.integer({ min: 0, max: 120 }) });
  const property = fc.property(
    fc.array(set, { maxLength: 80 }),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 10, max: 1_000 }),
    (sets, maxEntries, maxBytes) => {
      const kept = cache<string>({ name: 'kept', ttlMs: 1_000, maxEntries, maxBytes, clock: fakeClock() });
      const seen = new Set<number>();
      for (const { key: given, length } of sets) {
        kept.set(`${given}`, 'x'.repeat(length));
        seen.add(given);
        expect(kept.size).toBeLessThanOrEqual(maxEntries);
        expect(kept.bytes).toBeLessThanOrEqual(maxBytes);
        expect(kept.bytes > 0).toBe(kept.size > 0);
      }
      if (kept.size < seen.size) evicted++;
      for (const given of seen) kept.invalidate(`${given}`);
      expect([kept.size, kept.bytes]).toEqual([0, 0]);
    },
  );
  fc.assert(property, { seed: 73, numRuns: 200 });
  expect(evicted).toBeGreaterThan(50);
});
