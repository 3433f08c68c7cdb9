import { describe, expect, test } from 'vitest';
import { readArguments } from '../../lib/cli/simulate/arguments.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { dollarsPerMillion, noCosts, readUnitsOf, sizeOf, writeUnitsOf } from '../../lib/simulation/costs.ts';
import type { Figures } from '../../lib/simulation/figures.ts';
import { simulate } from '../../lib/simulation/run.ts';
import { scenarioOf } from '../../lib/simulation/scenario.ts';
import { SCENARIO_NAMES } from '../../lib/simulation/scenarios.ts';
import { simulatedStore } from '../../lib/simulation/store.ts';
import { judge, spreadOf, spreadText } from '../../lib/simulation/summary.ts';
import { clockIn, world } from '../../lib/simulation/world.ts';
import { GOOD_FIGURES as good } from '../support/figures.ts';

describe('virtual time', () => {
  test('lets things happen in their order, and those of one moment in that in which they were asked for', async () => {
    const virtual = world();
    const random = seededRandom(1);
    const seen: (readonly [number, number])[] = [];
    for (let n = 0; n < 500; n++) {
      const time = Math.floor(random.next() * 50);
      virtual.at(time, () => seen.push([virtual.now, n]));
    }
    await virtual.runUntil(50);

    expect(seen).toHaveLength(500);
    expect(seen).toEqual([...seen].sort(([a, i], [b, j]) => a - b || i - j));
    expect(virtual.now).toBe(50);
  });

  test('stops where it is told to, and lets nothing happen that was taken back', async () => {
    const virtual = world();
    const seen: string[] = [];
    virtual.at(10, () => seen.push('ten'));
    virtual.at(20, () => seen.push('never'))();
    virtual.at(31, () => seen.push('late'));
    await virtual.runUntil(30);

    expect(seen).toEqual(['ten']);
  });

  test('waits for promises before it goes on', async () => {
    const virtual = world();
    const clock = clockIn(virtual, 7);
    let at = Number.NaN;
    clock.after(10, () => {
      void Promise.resolve().then(() => {
        at = virtual.now;
      });
    });
    virtual.at(11, () => {});
    await virtual.runUntil(20);

    expect(at).toBe(10);
    expect(clock.now() - clockIn(virtual).now()).toBe(7);
  });
});

describe('the simulated store', () => {
  async function during(work: (store: ReturnType<typeof simulatedStore>['store']) => Promise<unknown>[]) {
    const virtual = world();
    const { store, costs } = simulatedStore(virtual, seededRandom(3));
    const all = Promise.allSettled(work(store));
    await virtual.runUntil(900);
    const failed = (await all).filter(({ status }) => status === 'rejected').length;
    return { costs, failed };
  }

  test('takes a thousand writes of a key in a second, and throttles the others', async () => {
    const { costs, failed } = await during((store) =>
      Array.from({ length: 1_200 }, () => store.add('key', { n: 1 }, { expiresAt: 1 })),
    );

    expect({ failed, ...costs }).toMatchObject({
      failed: 200,
      throttled: 200,
      writes: 1_000,
      peakWrites: 1_000,
    });
  });

  test('takes six thousand reads of a key that may be from a moment ago', async () => {
    const { costs, failed } = await during((store) =>
      Array.from({ length: 6_100 }, () => store.get('key', { isEventual: true })),
    );

    expect({ failed, ...costs }).toMatchObject({ failed: 100, reads: 6_000, readUnits: 3_000 });
  });

  test('counts each key by itself', async () => {
    const { failed } = await during((store) =>
      Array.from({ length: 1_800 }, (_, n) => store.add(`key-${n % 2}`, { n: 1 }, { expiresAt: 1 })),
    );

    expect(failed).toBe(0);
  });

  test('is paid for by the size of the item', () => {
    expect(sizeOf('abc', { v: 2, state: 'open', isProbing: true })).toBe(5 + 3 + 9 + 10);
    expect([1, 1_024, 1_025].map(writeUnitsOf)).toEqual([1, 1, 2]);
    expect([readUnitsOf(4_096, true), readUnitsOf(4_097, false)]).toEqual([0.5, 2]);
    const end = { ...noCosts(), writeUnits: 10, readUnits: 100 };
    expect(dollarsPerMillion(noCosts(), end, 1_000)).toBeCloseTo(10 * 0.000625 + 100 * 0.000125, 10);
    expect(dollarsPerMillion(noCosts(), end, 0)).toBe(0);
  });
});

describe('a simulation', () => {
  const said = {
    sandboxes: 200,
    rate: 100,
    warmUpMs: 20_000,
    healthyMs: 10_000,
    outageMs: 40_000,
    afterMs: 40_000,
  };

  test('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = await Promise.all(
      [4, 4, 5].map(async (seed) => (await simulate(scenarioOf('outage', seed, said))).figures),
    );

    expect(again).toEqual(first);
    expect({ ...other, seed: 4 }).not.toEqual(first);
  });

  test('shows a fleet that opens its breaker, probes one at a time, and is well again', async () => {
    const { figures, seconds } = await simulate(scenarioOf('outage', 6, said));

    expect(figures).toMatchObject({
      outage: 40,
      throttled: 0,
      probesAtOnce: 1,
      falseCloses: 0,
      rejectedHealthy: 0,
    });
    expect(figures.openAfter).toBeGreaterThan(0);
    expect(figures.rejected95).toBeGreaterThan(figures.openAfter ?? Number.NaN);
    expect(figures.recovered).toBeLessThan(30);
    expect(figures.failedCalls).toBeGreaterThan(100);
    expect(figures.failedCalls).toBeLessThan(1_500);
    expect(figures.dollarsPerMillion).toBeGreaterThan(0);
    expect(seconds.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(9_000);
  });

  test('of a fleet without an outage refuses nothing', async () => {
    const { figures } = await simulate(scenarioOf('errors-20', 7, { ...said, outageMs: 0 }));

    expect(figures).toMatchObject({ openAfter: null, failedCalls: 0, rejectedHealthy: 0, probesAtOnce: 0 });
  });

  test('refuses nothing before the outage, where it opens in the second that this begins in', async () => {
    const soon = {
      ...said,
      sandboxes: 2_000,
      rate: 2_000,
      healthyMs: 10_001,
      outageMs: 3_000,
      afterMs: 2_000,
    };
    const { figures } = await simulate(scenarioOf('outage', 12, soon));

    expect(figures.openAfter).toBeLessThan(0.9);
    expect(figures.rejectedHealthy).toBe(0);
  });

  test('has an outage whose length and moment the seed draws', () => {
    const outages = Array.from({ length: 50 }, (_, seed) => scenarioOf('outage', seed));
    const lengths = outages.map(({ outageMs }) => outageMs);

    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(60_000);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(180_000);
    expect(new Set(lengths).size).toBe(50);
    expect(new Set(outages.map(({ healthyMs }) => healthyMs)).size).toBe(50);
  });
});

describe('the figures of several seeds', () => {
  test('are told by their median and their spread, and what never came is the most', () => {
    const all = [{ ...good, openAfter: null }, good, { ...good, openAfter: 0.5 }];

    expect(spreadText(spreadOf(all, 'openAfter'))).toBe('1 (0.5 to never)');
  });

  test('are good enough by their medians, and where the worst counts by that', () => {
    expect(judge([good]).every(({ isMet }) => isMet)).toBe(true);
    const missed = (...all: Figures[]) => judge(all).filter(({ isMet }) => !isMet);

    expect(missed(good, good, { ...good, failedCalls: 50_000 })).toEqual([]);
    expect(missed({ ...good, failedCalls: 15_001 }).map(({ name }) => name)).toEqual(['failedCalls']);
    expect(missed(good, good, { ...good, recovered: 24 })).toMatchObject([
      { name: 'recovered', text: 'MISSED recovered 10 (10 to 24), wanted at most 23' },
    ]);
    const late = { ...good, recovered: 16 };
    expect(missed(late)).toEqual([]);
    expect(missed(late, late, late, good, good)).toMatchObject([
      { name: 'recovered', text: 'MISSED recovered 16 (10 to 16), wanted 15, at most 23' },
    ]);
    expect(missed({ ...good, openAfter: null }).map(({ name }) => name)).toEqual(['openAfter']);
    expect(missed(good, good, { ...good, probesAtOnce: 2 }).map(({ name }) => name)).toEqual([
      'probesAtOnce',
    ]);
  });
});

describe('the arguments of a simulation', () => {
  const read = (...args: string[]) => readArguments(args, () => 11);

  test('are none, where a fresh seed and the default outage will do', () => {
    expect(read()).toEqual({
      ...{ scenario: 'outage', seeds: [11], given: {} },
      ...{ json: false, check: false, beside: false, svg: undefined },
    });
  });

  test('say what is to be otherwise', () => {
    const args = '--sandboxes 50 --rate 7.5 --outage 90s --errors 0.7 --healthy-errors 0.01 --latency 20ms';
    const more =
      '--failure-latency 3s --slow-call 1s --seed 4294967295 --seeds 2 --json --beside --svg a.svg --scenario partial';

    expect(read(...`${args} ${more}`.split(' '))).toEqual({
      ...{
        scenario: 'partial',
        seeds: [4_294_967_295, 0],
        json: true,
        check: false,
        beside: true,
        svg: 'a.svg',
      },
      given: {
        ...{ sandboxes: 50, rate: 7.5, outageMs: 90_000, outageErrors: 0.7, errors: 0.01 },
        ...{ okMs: 20, failedMs: 3_000, slowCallMs: 1_000 },
      },
    });
  });

  test('say what faults the world has', () => {
    const args = '--loss 0.05 --freeze --skew 500ms --concurrency 10 --store-outage 10s..40s';

    expect(read(...args.split(' '))).toMatchObject({
      given: {
        ...{ lossFraction: 0.05, isFreezing: true, skewMs: 500, concurrency: 10 },
        storeOutage: { fromMs: 10_000, toMs: 40_000 },
      },
    });
    expect(() => read('--check', '--freeze')).toThrow('--check');
  });

  test('may ask for help', () => {
    expect(read('--help')).toBe('help');
  });

  test.each([
    ['--sandboxes', '0'],
    ['--sandboxes', '1.5'],
    ['--rate', 'many'],
    ['--rate', ''],
    ['--errors', '1.1'],
    ['--outage', '60'],
    ['--outage', '2h'],
    ['--outage', '10s..20s'],
    ['--scenario', 'none'],
    ['--seeds', '0'],
    ['--latency', '61m'],
    ['--svg', ''],
    ['--loss', '1.1'],
    ['--loss', 'some'],
    ['--skew', '500'],
    ['--skew', '2h'],
    ['--concurrency', '0'],
    ['--concurrency', '1.5'],
    ['--concurrency', '1001'],
    ['--store-outage', '10s'],
    ['--store-outage', '10s..10s'],
    ['--store-outage', '..10s'],
    ['--store-outage', '1s..2s..3s'],
    ['--store-outage', '1s..2h'],
  ])('are refused by name: %s %j', (option, value) => {
    expect(() => read(option, value)).toThrow(option);
  });

  test('leave the outage of a check as it is', () => {
    expect(read('--check', '--seeds', '3')).toMatchObject({ check: true, seeds: [11, 12, 13] });
    expect(read('--outage', '60s..180s')).toMatchObject({ given: {} });
    expect(() => read('--check', '--rate', '5')).toThrow('--check');
    expect(() => read('--check', '--scenario', 'outage')).toThrow('--check');
    expect(() => read('--check', '--beside')).toThrow('--beside');
  });

  test('name scenarios that can be made', () => {
    for (const name of SCENARIO_NAMES) expect(scenarioOf(name, 1).seed).toBe(1);
  });
});
