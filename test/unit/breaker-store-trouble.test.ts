import { describe, expect, test, vi } from 'vitest';
import type { BreakerEvent } from '../../lib/core/breaker-event.ts';
import { sleep } from '../../lib/core/clock.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { seededRandom, settle } from '../../lib/testing/index.ts';
import { never, outage } from '../support/outcomes.ts';
import { KEY, OPEN_MS, putVerdict, times } from '../support/shared-breaker.ts';
import { BROKEN, broken, HANGS, opened, sandbox, type Trouble } from '../support/troubled-store.ts';

/** What a run has come to by now, without any time passing. */
async function atOnce(run: Promise<unknown>): Promise<unknown> {
  await settle();
  return Promise.race([run, Promise.resolve('still waiting')]);
}

describe('a breaker during a store outage', () => {
  test.each([
    ['fails', BROKEN],
    ['throttles', { get: broken, put: broken, add: broken }],
  ])('bothers no caller with it while it %s', async (_, trouble) => {
    const world = sandbox();
    world.trouble(trouble);

    expect(await world.works()).toBe('ok');
    expect(await world.fails()).toEqual(outage());
    expect(await world.works()).toBe('ok');
  });

  test.each([
    [50, {}],
    [200, { storeTimeoutMs: 200 }],
  ])('costs a call %i ms at most when it looks and gets no answer, with %j', async (mostMs, options) => {
    const world = sandbox(options);
    world.trouble(HANGS);
    const run = world.works();
    await world.clock.advance(mostMs - 1);
    expect(await atOnce(run)).toBe('still waiting');

    await world.clock.advance(1);

    expect(await atOnce(run)).toBe('ok');
  });

  test('gives the store a second for its first answer, which takes a connection, and lets no call wait longer for it than for others', async () => {
    const events: BreakerEvent[] = [];
    const world = sandbox({ onEvent: (event) => events.push(event) });
    const { clock, inner } = world;
    await putVerdict(inner, { state: 'open', until: clock.now() + 60_000 });
    const slow =
      <A extends unknown[], R>(operation: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        await sleep(clock, 900);
        return operation(...args);
      };
    world.trouble({ get: slow(inner.get), put: slow(inner.put), add: slow(inner.add) });

    const first = world.works();
    await clock.advance(50);
    expect(await atOnce(first)).toBe('ok');
    expect(await atOnce(world.works())).toBe('ok');
    await clock.advance(850);

    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
    expect(events.filter(({ kind }) => kind === 'breaker-store')).toEqual([]);
  });

  test('costs a call 20 ms at most when it tells and gets no answer', async () => {
    const world = sandbox();
    await world.works();
    world.trouble(HANGS);
    const run = world.fails();
    await world.clock.advance(19);
    expect(await atOnce(run)).toBe('still waiting');

    await world.clock.advance(1);

    expect(await atOnce(run)).toEqual(outage());
    await world.clock.advance(1_000);
    expect(world.clock.pending).toBe(0);
  });

  test('costs a probe 20 ms at most when it has failed and gets no answer', async () => {
    const world = await opened();
    await world.clock.advance(OPEN_MS);
    const run = world.call(() => {
      world.trouble(HANGS);
      return Promise.reject(outage());
    });
    await world.clock.advance(19);
    expect(await atOnce(run)).toBe('still waiting');

    await world.clock.advance(1);

    expect(await atOnce(run)).toEqual(outage());
  });

  test('learns that it is well from calls that it refuses, although its sandbox is frozen after each', async () => {
    const world = sandbox({ random: { ...seededRandom(1), next: () => 0.5 } });
    const { clock, inner } = world;
    const invocation = async () => {
      let answer: unknown;
      void world.works().then((value) => {
        answer = value;
      });
      for (await settle(); answer === undefined; ) await clock.advance(1);
      await clock.freeze(2_000);
      return answer;
    };
    // Its answers come in after the timers that are overdue at the thaw.
    const get: Trouble['get'] = (...args) =>
      new Promise((resolve) => {
        clock.after(5, () => clock.after(0, () => resolve(inner.get(...args))));
      });
    const past = { since: clock.now() - 60_000, rate: 500 };
    await putVerdict(inner, { ...past, state: 'open', until: clock.now() + 1_000 });
    expect(await invocation()).toBeInstanceOf(BreakerOpenError);
    world.trouble(HANGS);
    await times(3, invocation);

    await putVerdict(inner, { ...past, version: 2, epoch: 2 });
    world.trouble({ ...HANGS, get });
    await times(10, invocation);

    const answers: unknown[] = [];
    await times(20, async () => answers.push(await invocation()));
    expect(answers).toEqual(Array.from({ length: 20 }, () => 'ok'));
  });

  test('costs a call that it refuses 20 ms at most while it finds out about a store that has just failed', async () => {
    const world = sandbox({ random: { ...seededRandom(1), next: () => 0.5 } });
    const { clock, inner } = world;
    await putVerdict(inner, { state: 'open', until: clock.now() - 10_000, since: 0, rate: 500 });
    await world.works();
    await clock.advance(1_000);
    world.trouble(HANGS);
    const first = world.works();
    await clock.advance(50);
    expect(await atOnce(first)).toBeInstanceOf(BreakerOpenError);
    await clock.advance(1_000);
    const next = world.works();
    await clock.advance(19);
    expect(await atOnce(next)).toBe('still waiting');

    await clock.advance(1);

    expect(await atOnce(next)).toBeInstanceOf(BreakerOpenError);
  });

  test('leaves it alone after that, for longer each time', async () => {
    const world = sandbox();
    const get = vi.fn(broken);
    world.trouble({ ...BROKEN, get });
    const asked: number[] = [];
    for (let second = 0; second < 40; second++) {
      const before = get.mock.calls.length;
      await world.works();
      if (get.mock.calls.length > before) asked.push(second);
      await world.clock.advance(1_000);
    }

    expect(asked).toEqual([0, 1, 3, 7, 15, 31]);
  });

  test('leaves it alone no longer when many requests fail together', async () => {
    const world = sandbox();
    await world.works();
    const request = vi.fn(broken);
    world.trouble({ get: request, put: request, add: request });
    await Promise.all(Array.from({ length: 5 }, world.fails));
    const asked = request.mock.calls.length;
    expect(asked).toBeGreaterThanOrEqual(5);
    await world.clock.advance(1_000);

    await world.fails();

    expect(request.mock.calls.length).toBeGreaterThan(asked);
  });

  test('makes the call of a new sandbox that was frozen while it looked', async () => {
    const world = sandbox();
    world.trouble(HANGS);
    const run = world.works();
    await settle();

    await world.clock.freeze(30_000);
    await world.clock.advance(20);

    expect(await run).toBe('ok');
  });

  test('does not take it for trouble of the store that the sandbox was frozen meanwhile', async () => {
    const world = await opened();
    const get = vi.fn(never);
    world.trouble({ ...HANGS, get, put: vi.fn(never) });
    for (let frozen = 0; frozen < 3; frozen++) {
      await world.clock.advance(OPEN_MS);
      const run = world.works();
      await settle();
      await world.clock.freeze(30_000);
      await run;
    }
    world.trouble();

    await world.works();
    expect(await world.inner.get(KEY)).toMatchObject({ successes: 1 });
  });

  test('watches its own calls meanwhile, and opens for itself', async () => {
    const world = sandbox({ minimumCalls: 3 });
    world.trouble(BROKEN);
    await times(4, world.fails);

    expect(await world.works()).toBeInstanceOf(BreakerOpenError);

    world.trouble();
    await world.clock.advance(20_000);
    expect(await world.works()).toBe('ok');
    expect(await world.inner.get(KEY)).toBeUndefined();
  });

  test.each([
    { ratio: 0.5, outcomes: 'ffff', opens: false },
    { ratio: 0.5, outcomes: 'fffff', opens: true },
    { ratio: 0.5, outcomes: 'ffsff', opens: false },
    { ratio: 0.5, outcomes: 'sffffff', opens: false },
    { ratio: 0.5, outcomes: 'sfffffff', opens: true },
    { ratio: 0.5, outcomes: 'ffsfsfffsf', opens: false },
    { ratio: 0.5, outcomes: 'fsffsffsfsff'.repeat(8), opens: true },
    { ratio: 0.8, outcomes: 'fffff', opens: true },
    { ratio: 0.8, outcomes: `s${'f'.repeat(16)}`, opens: false },
    { ratio: 0.1, outcomes: 'sssff', opens: true },
    { ratio: 0.1, outcomes: 'ssssssf', opens: false },
  ])('by itself is sure that $ratio fail, after $outcomes: $opens', async ({ ratio, outcomes, opens }) => {
    const world = sandbox({ failureRatio: ratio });
    world.trouble(BROKEN);
    // Finds the store down, and counts for nothing.
    await world.call(() => Promise.reject(new TypeError('bug')));

    for (const outcome of outcomes) await (outcome === 'f' ? world.fails() : world.works());

    expect((await world.works()) instanceof BreakerOpenError).toBe(opens);
  });

  test('keeps to the last state that is known', async () => {
    const world = await opened();
    world.trouble(BROKEN);
    await world.clock.advance(OPEN_MS - 1);

    expect(await world.works()).toBeInstanceOf(BreakerOpenError);
  });

  test('reports with the weight of the probability that was drawn', async () => {
    const world = sandbox();
    const add = vi.fn(broken);
    world.trouble({ ...world.inner, add });
    await world.fails();
    world.trouble();
    const added = vi.spyOn(world.inner, 'add');
    await world.clock.advance(20_000);
    world.trouble({ ...world.inner, add: added });

    await world.fails();

    // After a failed report half as many are sent, and each counts for two.
    expect(Object.values(added.mock.calls[0]?.[1] ?? {})).toContain(2);
  });
});
