import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { dollarsPerMillion, noCosts, readUnitsOf, sizeOf, writeUnitsOf } from '../../lib/simulation/costs.ts';
import { simulate } from '../../lib/simulation/run.ts';
import { scenarioOf } from '../../lib/simulation/scenario.ts';
import { simulatedStore } from '../../lib/simulation/store.ts';
import { spreadOf, spreadText } from '../../lib/simulation/summary.ts';
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

  test('stops at its end, and lets nothing happen that was taken back', async () => {
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

  test('shows a breaker that opens, probes one at a time, and closes again', async () => {
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

  test('without an outage refuses nothing', async () => {
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
    const { figures } = await simulate(scenarioOf('outage', 13, soon));

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
  test('are shown by their median and their spread, and what never came is the most', () => {
    const all = [{ ...good, openAfter: null }, good, { ...good, openAfter: 0.5 }];

    expect(spreadText(spreadOf(all, 'openAfter'))).toBe('1 (0.5 to never)');
  });
});
