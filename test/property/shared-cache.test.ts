import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SharedCache, type SharedCacheOptions, sharedCache } from '../../lib/cache/index.ts';
import { sleep } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import type { Item, Store } from '../../lib/core/store.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, memoryStore, seededRandom } from '../../lib/testing/index.ts';

const SANDBOXES = 3;
/** Longer than a load, so that what a load places in spite of a change would be seen. */
const TTL_MS = 3_000;
const MEMORY_MS = 60;
const TOTAL_MS = 500;
const STORE_TIMEOUT_MS = 30;
const KEY = '7';

const sandbox = fc.nat(SANDBOXES - 1);
/** One step of a run. Times are in milliseconds. */
const step = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      sandbox,
      tookMs: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 200 }) }, fc.constant(Infinity)),
      fails: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
      remainingMs: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        fc.integer({ min: 1, max: 200 }),
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 0, max: 150 }) },
        fc.integer({ min: 0, max: 4_000 }),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('freeze' as const), ms: fc.nat(1_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      sandbox,
      by: fc.constantFrom('set' as const, 'invalidate' as const, 'invalidate version' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      mode: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(2, 9) },
        fc.constantFrom(80, 'refuses' as const),
      ),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What a dependency says: what it knew when the load began. */
interface Fact {
  readonly version: number;
  readonly readAt: number;
}

class World {
  readonly clock: FakeClock = fakeClock();
  readonly problems: string[] = [];
  readonly #running = Array.from({ length: SANDBOXES }, () => 0);
  readonly #sandboxes: readonly { kept: SharedCache<Fact>; execute: ReturnType<typeof resilient<Fact>> }[];
  readonly #isVersioned: boolean;
  readonly #staleMs: number;
  readonly #pending: Promise<unknown>[] = [];
  /** The version that the dependency has, and what calls have to get since when. */
  #version = 1;
  #least: { readonly version: number; readonly from: number }[] = [];
  #mode: number | 'refuses' = 2;
  /** While the store fails, memory hands out what is fresh, whatever was changed elsewhere. Infinity: it fails. */
  #storeAnswersSince = -Infinity;
  #storedVersion = 0;

  constructor(options: Partial<SharedCacheOptions<Fact>>, isVersioned: boolean, seed: number) {
    const { clock } = this;
    const store = this.#store();
    this.#isVersioned = isVersioned;
    this.#staleMs = Math.max(options.staleIfErrorMs ?? 0, options.staleWhileRevalidateMs ?? 0);
    this.#sandboxes = Array.from({ length: SANDBOXES }, (_, n) => {
      const random = seededRandom(seed + n);
      const kept = sharedCache<Fact>({
        ...{
          name: 'kept',
          ttlMs: TTL_MS,
          memoryTtlMs: MEMORY_MS,
          storeTimeoutMs: STORE_TIMEOUT_MS,
          store,
          clock,
          random,
        },
        ...(isVersioned && { version: ({ version }: Fact) => version }),
        ...options,
      });
      const limits = { totalTimeoutMs: TOTAL_MS, attemptTimeoutMs: 200 };
      return { kept, execute: resilient<Fact>({ name: `facts${n}`, ...limits, clock, random, cache: kept }) };
    });
  }

  #store(): Store {
    const inner = memoryStore();
    const arrive = async (signal?: AbortSignal) => {
      if (this.#mode === 'refuses') throw new StoreError('refused', { retryable: true });
      await sleep(this.clock, this.#mode, signal);
    };
    return {
      ...inner,
      get: async (key, options) => {
        await arrive(options?.signal);
        return inner.get(key);
      },
      put: async (key, item, options) => {
        await arrive(options?.signal);
        const result = await inner.put(key, item, options);
        if (result.applied) this.#noteStored(item);
        return result;
      },
    };
  }

  #noteStored({ version }: Item): void {
    if (!this.#isVersioned || typeof version !== 'number') return;
    if (version < this.#storedVersion) this.problems.push(`version ${version} after ${this.#storedVersion}`);
    this.#storedVersion = version;
  }

  #load(index: number, made: Extract<Step, { kind: 'call' }>): (context: CallContext) => Promise<Fact> {
    return async ({ signal }) => {
      const fact = { version: this.#version, readAt: this.clock.now() };
      const running = this.#running;
      running[index] = (running[index] ?? 0) + 1;
      try {
        await sleep(this.clock, made.tookMs, signal);
      } finally {
        running[index] -= 1;
      }
      if (made.fails) throw new Error('down');
      return fact;
    };
  }

  call(made: Extract<Step, { kind: 'call' }>): void {
    const { clock } = this;
    const startedAt = clock.now();
    const answersSince = this.#storeAnswersSince;
    const limitMs = Math.min(TOTAL_MS, made.remainingMs ?? TOTAL_MS);
    const { execute } = this.#at(made.sandbox);
    const options = { key: KEY, ...(made.remainingMs !== undefined && { remainingMs: made.remainingMs }) };
    const run = execute
      .outcome(this.#load(made.sandbox, made), options)
      .then(({ value, source, degraded }) => {
        if (!this.#wasFrozen && clock.now() > startedAt + limitMs) this.problems.push('a call took too long');
        if (value === undefined) return;
        // Of a value that is refreshed, and of one that stands in, the age is counted from when it was fresh.
        const mostMs = TTL_MS + (source === 'live' ? TOTAL_MS : this.#staleMs);
        if (startedAt - value.readAt >= mostMs)
          this.problems.push(`${source} value ${startedAt - value.readAt} old`);
        if (degraded && this.#staleMs === 0) this.problems.push('stale, though no stale value may stand in');
        // A load that began while the store failed may be joined, and memory keeps its value for a while.
        const isAnswered =
          startedAt > answersSince + MEMORY_MS + TOTAL_MS && this.#storeAnswersSince === answersSince;
        for (const { version, from } of this.#least) {
          if (isAnswered && startedAt > from && value.version < version)
            this.problems.push(`${source} version ${value.version} after ${version} was written`);
        }
      });
    this.#pending.push(run);
  }

  #wasFrozen = false;

  setStore(mode: number | 'refuses'): void {
    const fails = mode === 'refuses' || mode > STORE_TIMEOUT_MS;
    if (fails) this.#storeAnswersSince = Infinity;
    else if (this.#storeAnswersSince === Infinity) this.#storeAnswersSince = this.clock.now();
    this.#mode = mode;
  }

  change(index: number, by: Extract<Step, { kind: 'change' }>['by']): void {
    const { clock } = this;
    const version = ++this.#version;
    const { kept } = this.#at(index);
    const fact = { version, readAt: clock.now() };
    const changed =
      by === 'set'
        ? kept.set(KEY, fact)
        : kept.invalidate(KEY, by === 'invalidate' || !this.#isVersioned ? {} : { version });
    this.#pending.push(
      changed.then(
        // A load elsewhere that began before may be handed to calls that join it.
        () => this.#least.push({ version, from: clock.now() + MEMORY_MS + TOTAL_MS }),
        (error: unknown) => {
          if (!(error instanceof StoreError)) this.problems.push(String(error));
        },
      ),
    );
  }

  #at(index: number) {
    const found = this.#sandboxes[index];
    if (!found) throw new Error(`no sandbox ${index}`);
    return found;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      if (each.kind === 'call') this.call(each);
      else if (each.kind === 'advance') await this.clock.advance(each.ms);
      else if (each.kind === 'change') this.change(each.sandbox, each.by);
      else if (each.kind === 'store') this.setStore(each.mode);
      else {
        this.#wasFrozen = true;
        await this.clock.freeze(each.ms);
      }
      // Two while one that was given up, invalidated or frozen has not ended.
      if (this.#least.length === 0 && !this.#wasFrozen && Math.max(...this.#running) > 2)
        this.problems.push(`${Math.max(...this.#running)} loads at once`);
    }
    await this.clock.advance(20_000);
    await Promise.all(this.#pending);
    if (this.clock.pending > 0) this.problems.push('a timer is left');
  }
}

test('three sandboxes hand out nothing beyond its age, nothing older than what was written, and keep versions in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 50 }),
      fc.record({
        staleWhileRevalidateMs: fc.constantFrom(0, 150),
        staleIfErrorMs: fc.constantFrom(0, 1_000),
        leaseMs: fc.constantFrom(0, 100, 1_000),
      }),
      fc.boolean(),
      fc.nat(),
      async (steps, options, isVersioned, seed) => {
        const world = new World(options, isVersioned, seed);
        await world.run(steps);
        expect(world.problems).toEqual([]);
      },
    ),
    { numRuns: 1_000 },
  );
});
