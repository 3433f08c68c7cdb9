import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { CACHE_CHECKS } from '../../lib/simulation/cache/checks.ts';
import type { CacheFigureName } from '../../lib/simulation/cache/figures.ts';
import { itemsOf } from '../../lib/simulation/cache/items.ts';
import { simulateCache } from '../../lib/simulation/cache/run.ts';
import { mortalSandbox } from '../../lib/simulation/cache/sandbox.ts';
import { type CacheDraft, cacheScenarioOf } from '../../lib/simulation/cache/scenario.ts';
import { Source } from '../../lib/simulation/cache/source.ts';
import { type CacheCheck, checkFigures } from '../../lib/simulation/check.ts';
import { wakefulSandbox } from '../../lib/simulation/sandbox.ts';
import { clockIn, world } from '../../lib/simulation/world.ts';

const SEED = 7;

/** What is enough to show each of them: as many environments and calls as a quick test has time for. */
const SMALL: CacheDraft = { sandboxes: 30, rate: 150 };

/** The lines of a check that one seed misses, in a small scenario with some of it changed. */
async function missedBy(name: string, given: CacheDraft = {}): Promise<readonly CacheFigureName[]> {
  const { draft, ...check } = CACHE_CHECKS.find((each) => each.name === name) as CacheCheck;
  const all = { ...draft, ...SMALL, ...given, cache: { ...draft.cache, ...given.cache } };
  return checkFigures(check, [await simulateCache(cacheScenarioOf(SEED, all))])
    .filter(({ isMet }) => !isMet)
    .map(({ figure }) => figure as CacheFigureName);
}

describe('the table of checks of caches', () => {
  test('has names of their own, enough seeds, and limits', () => {
    expect(new Set(CACHE_CHECKS.map(({ name }) => name)).size).toBe(CACHE_CHECKS.length);
    for (const { lines, seeds } of CACHE_CHECKS) {
      expect(seeds).toBeGreaterThanOrEqual(5);
      expect(lines.some(({ worst }) => worst !== undefined)).toBe(true);
    }
  });
});

describe('the shipped cache', () => {
  const together: CacheDraft = { keys: 100, rate: 400, durationMs: 25_000, cache: { ttlMs: 20_000 } };
  const short: CacheDraft = { durationMs: 50_000, rate: 300 };
  const outage: CacheDraft = {
    ...{ keys: 20, rate: 30, durationMs: 200_000 },
    sourceOutages: [
      { fromMs: 70_000, toMs: 130_000, fault: 'errors' },
      { fromMs: 130_000, toMs: 190_000, fault: 'hangs' },
    ],
  };
  const storeOutage = { fromMs: 10_000, toMs: 20_000, fault: 'slow', fraction: 1 } as const;

  test.each<[string, CacheFigureName, CacheDraft, CacheDraft]>([
    ['hot-key', 'mostLoadsPerTtl', { durationMs: 70_000 }, { shared: { leaseMs: 0 } }],
    ['hot-key', 'mostLoadsPerTtl', { durationMs: 70_000 }, { subject: 'memory' }],
    ['hot-key-refreshed', 'mostLoadsPerTtl', { durationMs: 70_000 }, { shared: { leaseMs: 0 } }],
    ['outage', 'failed', outage, { subject: 'memory' }],
    ['together', 'peakToMean', together, { cache: { ttlMs: 20_000, ttlJitter: 0 } }],
    ['killed', 'takenOver', short, { shared: { leaseMs: 3_000 } }],
    ['frozen', 'addedMost', short, { shared: { leaseMs: 3_000 } }],
    ['frozen-refresh', 'mostLoadsPerTtl', { rate: 3 }, { subject: 'memory' }],
    ['store-slow', 'addedInStoreOutage', { ...short, storeOutage }, { shared: { storeTimeoutMs: 500 } }],
    ['store-slow', 'loadsInStoreOutage', { ...short, rate: 100, storeOutage }, { cache: { ttlMs: 200 } }],
    ['clocks', 'mostLoadsPerTtl', { durationMs: 70_000 }, { skewMs: 40_000 }],
    ['invalidation', 'oldVersion', short, { shared: { memoryTtlMs: 3_000 } }],
    ['invalidation', 'oldVersion', short, { subject: 'memory' }],
  ])(
    'meets the check %s, which is missed by %s where less is done for it',
    async (name, figure, small, worse) => {
      expect(await missedBy(name, small)).toEqual([]);
      expect(await missedBy(name, { ...small, ...worse })).toContain(figure);
    },
  );
});

describe('the simulated source', () => {
  test('takes 100 ms for half of the loads, and two and a half times as long for one of a hundred', async () => {
    const virtual = world();
    const source = new Source(cacheScenarioOf(SEED), virtual, seededRandom(SEED));
    const sandbox = wakefulSandbox(clockIn(virtual));
    const took: number[] = [];
    for (let load = 0; load < 2_000; load++)
      void source.load('key', sandbox).then(() => took.push(virtual.now));
    await virtual.runUntil(10_000);

    took.sort((a, b) => a - b);
    expect(took[1_000]).toBeCloseTo(100, -1);
    expect((took[1_980] as number) / 100).toBeCloseTo(2.5, 0);
  });

  test('has the value of the middle of a load', async () => {
    const virtual = world();
    const source = new Source(cacheScenarioOf(SEED), virtual, seededRandom(SEED));
    const sandbox = wakefulSandbox(clockIn(virtual));
    const versions: number[] = [];
    const load = () => void source.load('key', sandbox).then(({ version }) => versions.push(version));
    load();
    virtual.at(1_000, load);
    virtual.at(1_001, () => source.change('key'));
    virtual.at(2_000, load);
    virtual.at(2_999, () => source.change('key'));
    await virtual.runUntil(5_000);

    expect(versions).toEqual([1, 2, 2]);
  });

  test('fails in its outages, by an error or by no answer', async () => {
    const virtual = world();
    const scenario = cacheScenarioOf(SEED, {
      sourceOutages: [
        { fromMs: 0, toMs: 1_000, fault: 'errors' },
        { fromMs: 1_000, toMs: 2_000, fault: 'hangs' },
      ],
    });
    const source = new Source(scenario, virtual, seededRandom(SEED));
    const sandbox = wakefulSandbox(clockIn(virtual));
    const seen: string[] = [];
    const load = (name: string) =>
      source.load('key', sandbox).then(
        () => seen.push(`${name} loaded`),
        () => seen.push(`${name} failed`),
      );
    for (const [at, name] of [
      [0, 'first'],
      [1_000, 'second'],
      [2_000, 'third'],
    ] as const)
      virtual.at(at, () => void load(name));
    await virtual.runUntil(100_000);

    expect(seen).toEqual(['first failed', 'third loaded']);
  });
});

describe('a sandbox that meets a mishap', () => {
  function sandboxWith(befall: (sandbox: ReturnType<typeof mortalSandbox>) => void) {
    const virtual = world();
    const sandbox = mortalSandbox(virtual, wakefulSandbox(clockIn(virtual)));
    const seen: (readonly [string, number])[] = [];
    const note = (name: string) => () => seen.push([name, virtual.now]);
    sandbox.clock.after(10, note('early timer'));
    sandbox.clock.after(40, note('timer'));
    sandbox.clock.after(45, note('cancelled'))();
    virtual.at(50, () => sandbox.receive(note('answer')));
    virtual.at(20, () => befall(sandbox));
    return { virtual, seen };
  }

  test('hears of nothing any more when it is killed', async () => {
    const { virtual, seen } = sandboxWith((sandbox) => sandbox.kill());
    await virtual.runUntil(1_000);

    expect(seen).toEqual([['early timer', 10]]);
  });

  test('has its timers and answers after it has stood still', async () => {
    const { virtual, seen } = sandboxWith((sandbox) => sandbox.freezeFor(500));
    await virtual.runUntil(1_000);

    expect(seen).toEqual([
      ['early timer', 10],
      ['timer', 520],
      ['answer', 520],
    ]);
  });
});

describe('the items of the simulated table', () => {
  test('are gone as soon as they expire', async () => {
    const virtual = world();
    const items = itemsOf({ virtual, random: seededRandom(SEED), lagMs: 0 });
    const expiresAt = clockIn(virtual).now() / 1_000 + 2;
    await items.put('key', { n: 1, expiresAt });
    await virtual.runUntil(1_999);
    expect(await items.get('key')).toEqual({ n: 1, expiresAt });
    await virtual.runUntil(2_000);

    expect(await items.get('key')).toBeUndefined();
    expect(await items.put('key', { n: 2 }, { when: ['absent'] })).toEqual({ applied: true });
  });

  test('may be read as they were a moment ago, unless the read is consistent', async () => {
    const virtual = world();
    const items = itemsOf({ virtual, random: seededRandom(SEED), lagMs: 1_000 });
    const read = async (isEventual: boolean) => {
      const all = await Promise.all(Array.from({ length: 40 }, () => items.get('key', { isEventual })));
      return new Set(all.map((item) => item?.['n']));
    };
    await items.put('key', { n: 1 });
    await virtual.runUntil(5_000);
    await items.put('key', { n: 2 });

    expect(await read(true)).toEqual(new Set([1, 2]));
    expect(await read(false)).toEqual(new Set([2]));
    await virtual.runUntil(6_000);
    expect(await read(true)).toEqual(new Set([2]));
  });
});
