import { describe, expect, test } from 'vitest';
import { rejections } from '../../lib/breaker/rejection.ts';
import type { Clock } from '../../lib/core/clock.ts';
import type { Item } from '../../lib/core/store.ts';
import { inProcess } from '../../lib/simulation/baselines/in-process.ts';
import {
  GARBAGE_COUNTS_NAMES,
  GARBAGE_STATE_NAMES,
  garbageOf,
  type HostileItem,
} from '../../lib/simulation/hostile.ts';
import { percentile } from '../../lib/simulation/percentile.ts';
import { simulate } from '../../lib/simulation/run.ts';
import { type Draft, scenarioOf } from '../../lib/simulation/scenario.ts';
import type { GuardTools, Subject } from '../../lib/simulation/subject.ts';

const GIVEN = {
  ...{ sandboxes: 20, rate: 100, warmUpMs: 2_000, healthyMs: 4_000, outageMs: 10_000, afterMs: 4_000 },
} as const satisfies Draft;
const reject = rejections('moody');

/** Runs a guard that admits all calls, unless something is said about it. */
const through = async (given: Draft, guard: Subject['guard'] = admitAll) =>
  (
    await simulate(scenarioOf('outage', 2, { ...GIVEN, ...given }), {
      ...{ key: 'state', guard },
    })
  ).figures;
const admitAll: Subject['guard'] = () => ({ admit: () => ({ record: () => undefined }) });

describe('rare calls', () => {
  test('have phases of at least sixty calls each, and none shorter than those of frequent calls', () => {
    const rare = scenarioOf('1-at-0.02', 1);
    for (const ms of [rare.warmUpMs, rare.healthyMs, rare.outageMs, rare.afterMs])
      expect((ms / 1_000) * rare.rate).toBeGreaterThanOrEqual(60);
    const often = scenarioOf('outage', 1, { rate: 1 });
    expect(often).toMatchObject({ warmUpMs: 90_000, afterMs: 120_000 });
  });
});

describe('calls that fail until the breaker opens', () => {
  /** Opens with the nth failure, and goes on to admit. */
  const opensAfter =
    (count: number, state = 'open'): Subject['guard'] =>
    ({ store }) => {
      let failures = 0;
      return {
        admit: () => ({
          async record({ failed }) {
            if (failed && ++failures === count) await store.put('state', { state });
          },
        }),
      };
    };

  test('are those made before that, however they end', async () => {
    const given = { sandboxes: 1, errors: 0, failedMs: 0 };
    const soon = await through(given, opensAfter(1));
    const later = await through(given, opensAfter(11));
    expect(soon.failedUntilOpen).toBeLessThan(4);
    expect((later.failedUntilOpen ?? 0) - (soon.failedUntilOpen ?? 0)).toBeCloseTo(10, -0.5);
    expect(later.failedCalls).toBeGreaterThan(900);
  });

  test('are never all where it never opens', async () => {
    expect(await through({}, opensAfter(1, 'closed'))).toMatchObject({
      ...{ failedUntilOpen: null, callsPerRequest: null, openAfter: null },
    });
  });

  test('are not those of a breaker that opened before the outage, which opened falsely', async () => {
    const figures = await through({ sandboxes: 1, errors: 0.5 }, opensAfter(5));
    expect(figures).toMatchObject({ falseOpens: 1, failedUntilOpen: null });
  });
});

describe('one wrong clock', () => {
  test('is that of the first environment alone, by exactly that much', async () => {
    const clocks: Clock[] = [];
    await through({ skewOneMs: -86_400_000, outageMs: 0, afterMs: 0 }, ({ clock }: GuardTools) => {
      clocks.push(clock);
      return { admit: () => ({ record: () => undefined }) };
    });
    const [first, ...others] = clocks.map((clock) => clock.now());
    expect(new Set(others).size).toBe(1);
    expect((others[0] ?? 0) - (first ?? 0)).toBe(86_400_000);
  });

  test('has its rejections counted apart, and both from 50 s after the outage on', async () => {
    const figures = await through(
      { sandboxes: 4, skewOneMs: 1_000, outageMs: 1_000, afterMs: 60_000 },
      ({ index }: GuardTools) => {
        let calls = 0;
        return {
          admit() {
            if (index === 0 || ++calls % 2 === 0) return reject(1);
            return { record: () => undefined };
          },
        };
      },
    );
    expect(figures.rejectedSkewed).toBe(1);
    expect(figures.rejectedSettled).toBeCloseTo(0.5, 1);
    const soon = await through({ skewOneMs: 1_000, afterMs: 49_000 }, () => ({
      admit() {
        return reject(1);
      },
    }));
    expect(soon).toMatchObject({ rejectedSettled: 0, rejectedSkewed: 0, rejectedOutage: 1 });
  });
});

describe('requests of several attempts', () => {
  const withRetries = (subject: Subject, given: Draft) =>
    simulate(scenarioOf('outage', 3, { ...GIVEN, maxAttempts: 3, ...given }), subject);

  test('make three calls each while all fail and the budget lasts', async () => {
    const { figures, seconds } = await withRetries(
      { key: undefined, guard: admitAll },
      {
        ...{ sandboxes: 1_000, errors: 0, failedMs: 1, outageMs: 2_000 },
      },
    );
    const whole = seconds.filter(({ failed }) => failed > 0)[1];
    expect((whole?.failed ?? 0) / (whole?.calls ?? 1)).toBeGreaterThan(2.5);
    expect(figures.live).toBeLessThan(0.95);
    expect(figures.amplification).toBeGreaterThan(1.2);
  });

  test('succeed where one of their calls does', async () => {
    const { figures } = await withRetries(
      { key: undefined, guard: admitAll },
      {
        ...{ errors: 0.2, outageMs: 0, afterMs: 0, healthyMs: 60_000 },
      },
    );
    expect(figures.live).toBeGreaterThan(0.97);
    expect(figures.amplification).toBeCloseTo(1.24, 1);
  });

  test('are rejected as requests without a call are once the breaker is open', async () => {
    const { figures } = await withRetries(inProcess, { sandboxes: 2 });
    expect(figures.rejectedOutage).toBeGreaterThan(0.9);
    expect(figures.amplification).toBeLessThan(1);
  });
});

describe('an item that is replaced by garbage', () => {
  const items = async (hostile: HostileItem) => {
    const seen: (Item | undefined)[] = [];
    const guard: Subject['guard'] = ({ store }) => ({
      async admit() {
        seen.push(await store.get(hostile.item === 'state' ? 'state' : 'counts'));
        if (seen.length === 1) await store.put('state', { state: 'closed', version: 4, until: 5 });
        if (seen.length === 1) await store.add('counts', { f: 3 }, { expiresAt: 1 });
        return { record: () => undefined };
      },
    });
    await through({ sandboxes: 1, hostile }, guard);
    return [seen.at(100), seen.at(-1)];
  };

  test('is the state, from that moment on', async () => {
    const [before, after] = await items({ item: 'state', garbage: 'unknown-state', atMs: -500 });
    expect(before).toEqual({ state: 'closed', version: 4, until: 5 });
    expect(after).toMatchObject({ state: 'banana', version: 5, until: 5 });
  });

  test('is that of the counts', async () => {
    const [before, after] = await items({ item: 'counts', garbage: 'huge-numbers', atMs: 2_000 });
    expect(before).toMatchObject({ f: 3 });
    expect(after).toMatchObject({ f: 1e120 });
  });

  test('never is as it was, whatever it was', () => {
    const state = { v: 2, state: 'closed', version: 4, until: 5, since: 6, rate: 7, isProbing: false };
    for (const garbage of GARBAGE_STATE_NAMES)
      expect(garbageOf({ item: 'state', garbage }, state)).not.toEqual({ epoch: 0, ...state });
    for (const garbage of GARBAGE_COUNTS_NAMES)
      expect(garbageOf({ item: 'counts', garbage }, { f: 1 })).not.toEqual({ f: 1 });
    expect(garbageOf({ item: 'state', garbage: 'huge-version' }, undefined)).toMatchObject({
      ...{ state: 'closed', version: 2 ** 60 },
    });
  });
});

describe('time that a breaker adds to calls', () => {
  test('is what they wait for a permit and for their record', async () => {
    const waits: Subject['guard'] = ({ clock }) => {
      const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
      let calls = 0;
      return {
        async admit() {
          await wait(3);
          return { record: () => (++calls % 10 === 0 ? wait(5) : undefined) };
        },
      };
    };
    const figures = await through({ sandboxes: 1, outageErrors: 0 }, waits);
    expect(figures.addedP50).toBeCloseTo(3, 6);
    expect(figures.addedP99).toBeCloseTo(8, 6);
    expect(await through({})).toMatchObject({ addedP50: 0, addedP99: 0 });
  });

  test('has percentiles in which calls without any count', () => {
    const values = Array.from({ length: 10 }, (_, index) => 10 - index);
    expect(percentile(values, 10, 0.5)).toBe(5);
    expect(percentile(values, 10, 0.99)).toBe(10);
    expect(percentile(values, 1_000, 0.99)).toBe(0);
    expect(percentile(values, 1_000, 0.995)).toBe(5);
    expect(percentile([], 0, 0.99)).toBe(0);
  });
});
