import { describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import type { CountingStore } from '../../lib/core/store.ts';
import { linked } from '../../lib/simulation/link.ts';
import { pool } from '../../lib/simulation/pool.ts';
import { simulate } from '../../lib/simulation/run.ts';
import { freezingSandbox, wakefulSandbox } from '../../lib/simulation/sandbox.ts';
import { type Draft, scenarioOf } from '../../lib/simulation/scenario.ts';
import { clockIn, world } from '../../lib/simulation/world.ts';
import { memoryStore } from '../../lib/store/memory.ts';

describe('a sandbox that freezes', () => {
  const frozen = () => {
    const virtual = world();
    const seen: string[] = [];
    const see = (what: string) => () => void seen.push(what);
    return { virtual, seen, see, sandbox: freezingSandbox(virtual, clockIn(virtual)) };
  };

  test('runs what is overdue when it thaws: timers, then answers, then the invocation', async () => {
    const { virtual, seen, see, sandbox } = frozen();
    sandbox.clock.after(20, see('second timer'));
    sandbox.clock.after(10, see('first timer'));
    sandbox.clock.after(70, see('timer that is not due'));
    sandbox.receive(see('answer'));
    virtual.at(50, () => sandbox.begin(see('invocation')));
    await virtual.runUntil(49);
    expect(seen).toEqual([]);

    await virtual.runUntil(60);
    expect(seen).toEqual(['first timer', 'second timer', 'answer', 'invocation']);
    sandbox.end();
    await virtual.runUntil(100);
    expect(seen).not.toContain('timer that is not due');
  });

  test('lets what waits for one of them go on before the next', async () => {
    const { virtual, seen, see, sandbox } = frozen();
    sandbox.receive(() => void Promise.resolve().then(see('what waited')));
    virtual.at(50, () => sandbox.begin(see('invocation')));
    await virtual.runUntil(60);
    expect(seen).toEqual(['what waited', 'invocation']);
  });

  test('runs no timer that was taken back while it was overdue', async () => {
    const { virtual, seen, see, sandbox } = frozen();
    const cancel = sandbox.clock.after(10, see('late'));
    sandbox.clock.after(5, () => cancel());
    virtual.at(50, () => sandbox.begin(see('invocation')));
    await virtual.runUntil(60);
    expect(seen).toEqual(['invocation']);
  });

  test('is not frozen as long as one of its invocations is under way', async () => {
    const { virtual, seen, see, sandbox } = frozen();
    sandbox.begin(see('one'));
    sandbox.begin(see('two'));
    sandbox.end();
    sandbox.clock.after(10, see('timer'));
    sandbox.receive(see('answer'));
    await virtual.runUntil(20);
    expect(seen).toEqual(['one', 'two', 'answer', 'timer']);
  });
});

describe('the way to a store', () => {
  async function over(lossFraction: number, isOut = false) {
    const virtual = world();
    const inner = memoryStore();
    const sandbox = wakefulSandbox(clockIn(virtual));
    const link = { lossFraction, fault: () => (isOut ? 'silent' : undefined), random: seededRandom(8) };
    const store: CountingStore = linked(inner, { sandbox, virtual }, link);
    const settled = Promise.allSettled(
      Array.from({ length: 1_000 }, () => store.add('key', { n: 1 }, { expiresAt: 1 })),
    );
    await virtual.runUntil(999);
    const early = await Promise.race([settled, Promise.resolve('waiting')]);
    await virtual.runUntil(1_000);
    const outcomes = await settled;
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.every(({ reason }) => reason instanceof StoreError && reason.retryable)).toBe(true);
    return { failed: failed.length, done: Number((await inner.get('key'))?.['n'] ?? 0), early };
  }

  test('loses a fraction of requests and answers, of which a caller learns after a second', async () => {
    const { failed, done, early } = await over(0.4);
    expect(early).toBe('waiting');
    expect(failed).toBeGreaterThan(350);
    expect(failed).toBeLessThan(450);
    // Half of the requests without an answer were done all the same.
    expect(1_000 - done).toBeGreaterThan(failed * 0.4);
    expect(1_000 - done).toBeLessThan(failed * 0.6);
  });

  test('loses nothing where nothing is to be lost, and all while the store is out', async () => {
    expect(await over(0)).toMatchObject({ failed: 0, done: 1_000 });
    expect(await over(0, true)).toMatchObject({ failed: 1_000, done: 0 });
  });

  test.each([
    ['refused', 1, 0],
    ['throttled', 5, 0],
    ['slow', 2_000, 1],
  ] as const)('is %s for each request while the store fails so, after %d ms', async (kind, afterMs, done) => {
    const virtual = world();
    const inner = memoryStore();
    const sandbox = wakefulSandbox(clockIn(virtual));
    const link = { lossFraction: 0, fault: () => kind, random: seededRandom(8) };
    const store = linked(inner, { sandbox, virtual }, link);
    let settledAt = Number.NaN;
    const settled = store.add('key', { n: 1 }, { expiresAt: 1 }).finally(() => {
      settledAt = virtual.now;
    });
    const [outcome] = await Promise.all([Promise.allSettled([settled]), virtual.runUntil(3_000)]);
    expect(outcome[0].status).toBe(done ? 'fulfilled' : 'rejected');
    expect(settledAt).toBe(afterMs);
    expect(Number((await inner.get('key'))?.['n'] ?? 0)).toBe(done);
  });

  test('hands on what the store refuses, and holds what comes in while its sandbox is frozen', async () => {
    const virtual = world();
    const sandbox = freezingSandbox(virtual, clockIn(virtual));
    const link = { lossFraction: 0, fault: () => undefined, random: seededRandom(1) };
    const store = linked(memoryStore(), { sandbox, virtual }, link);
    const seen: unknown[] = [];
    void store.put('key', { n: 'text' }).then((result) => seen.push(result));
    void store.get('key').then((item) => seen.push(item));
    void store.add('key', { n: 1 }, { expiresAt: 1 }).catch((error) => seen.push(error));
    void store.delete('key').then((result) => seen.push(result));
    await virtual.runUntil(10);
    expect(seen).toEqual([]);
    sandbox.begin(() => {});
    await virtual.runUntil(20);
    expect(seen).toEqual([{ applied: true }, { n: 'text' }, expect.any(StoreError), { applied: true }]);
  });
});

describe('a pool', () => {
  test('gives no member more than it can take at once, and begins one more where all have as much', () => {
    const members = pool({ size: 3, concurrency: 2 }, seededRandom(2), (index) => ({ index }));
    const taken = Array.from({ length: 7 }, () => members.take());
    const counts = [0, 1, 2, 3].map((index) => taken.filter((member) => member.index === index).length);
    expect(counts).toEqual([2, 2, 2, 1]);
    expect(members.size).toBe(4);
  });

  test('gives a member again when one of its invocations has ended', () => {
    const members = pool({ size: 2, concurrency: 1 }, seededRandom(2), (index) => ({ index }));
    const [first, second] = [members.take(), members.take()];
    expect(first).not.toBe(second);
    members.release(second);
    expect(members.take()).toBe(second);
    members.release(first);
    members.release(second);
    expect(new Set([members.take(), members.take()])).toEqual(new Set([first, second]));
    expect(members.size).toBe(2);
  });

  test('gives members as often as it is asked to where they can take any number', () => {
    const members = pool({ size: 1 }, seededRandom(2), (index) => ({ index }));
    const all = Array.from({ length: 5 }, () => members.take());
    for (const member of all) members.release(member);
    expect(new Set(all).size).toBe(1);
  });
});

describe('environments in a world with faults', () => {
  const SAID = {
    sandboxes: 200,
    rate: 100,
    warmUpMs: 20_000,
    healthyMs: 10_000,
    outageMs: 40_000,
    afterMs: 80_000,
  };
  const through = async (faults: Draft, seed = 6) =>
    (await simulate(scenarioOf('outage', seed, { ...SAID, ...faults }))).figures;

  test.each<readonly [string, Draft]>([
    ['that loses requests', { lossFraction: 0.05 }],
    ['that freezes', { isFreezing: true }],
    ['that freezes and loses requests', { isFreezing: true, lossFraction: 0.05 }],
    ['whose clocks differ', { skewMs: 500 }],
    ['that takes one call at a time', { concurrency: 1 }],
    ['that takes ten at once', { sandboxes: 10, concurrency: 10 }],
    ['whose store is out as the outage begins', { storeOutage: { fromMs: 0, toMs: 10_000 } }],
    ['whose store is out while the breaker is open', { storeOutage: { fromMs: 15_000, toMs: 30_000 } }],
  ])(
    '%s opens its breaker, probes one at a time, throttles nothing, and is well again',
    async (_, faults) => {
      const figures = await through(faults);
      expect(figures).toMatchObject({ probesAtOnce: 1, throttled: 0, falseCloses: 0 });
      expect(figures.openAfter).toBeGreaterThan(0);
      expect(figures.openAfter).toBeLessThan(25);
      expect(figures.recovered).toBeGreaterThan(0);
      expect(figures.recovered).toBeLessThan(70);
    },
  );

  test('that freezes is well soon after a store that was out while its breaker was open', async () => {
    const storeOutage = { fromMs: 20_000, toMs: 50_000 };
    const figures = await through({ sandboxes: 1_000, rate: 500, isFreezing: true, storeOutage });
    expect(figures.recovered).toBeGreaterThan(0);
    expect(figures.recovered).toBeLessThan(35);
  });

  test('is the same for the same seed', async () => {
    const all = { lossFraction: 0.1, isFreezing: true, skewMs: 500, concurrency: 1 };
    expect(await through(all)).toEqual(await through(all));
  });

  test('meets each of them', async () => {
    const well = await through({});
    const loses = await through({ lossFraction: 0.3 });
    expect(loses).not.toEqual(well);
    expect(await through({ lossFraction: 0.3, isFreezing: true })).not.toEqual(loses);
    expect(await through({ skewMs: 2_000 })).not.toEqual(well);
    expect(await through({ concurrency: 1, sandboxes: 1 })).not.toEqual(await through({ sandboxes: 1 }));
    const late = await through({ storeOutage: { fromMs: 0, toMs: 10_000 } });
    expect(late.openAfter).toBeGreaterThan(10);
    expect(late.failedCalls).toBeGreaterThan(well.failedCalls);
  });
});
