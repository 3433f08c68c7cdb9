import { describe, expect, test, vi } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { FAILURES_TO_OPEN, Fleet, type FleetOptions, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { outage } from '../support/outcomes.ts';

/** How many calls fail, of all environments in turn, until the breaker is open. */
async function failuresUntilOpen(fleet: Fleet, everyMs: number) {
  const { environments } = fleet;
  for (let failed = 1; failed <= 200; failed++) {
    await environments[failed % environments.length]?.fails();
    if ((await fleet.state())?.['state'] === 'open') return failed;
    await fleet.pass(everyMs);
  }
  return Number.POSITIVE_INFINITY;
}

describe('a shared breaker that is closed', () => {
  test('hands on the value or the error of each call', async () => {
    const { first } = new Fleet(1);

    expect(await first.works()).toBe('ok');
    expect(await first.fails()).toEqual(outage());
  });

  test.each([
    ['a bug', () => Promise.reject(new TypeError('bug'))],
    ['a rejection of another breaker', () => Promise.reject(new BreakerOpenError('other', 1))],
  ])('reports nothing of %s, which says nothing about the dependency', async (_, work) => {
    const fleet = new Fleet(1);

    await fleet.first.call(work);

    expect(fleet.requestsOf('add')).toEqual([]);
  });

  test('reports an answer that refuses the request as a success', async () => {
    const fleet = new Fleet(1);

    await fleet.first.answers();

    expect(Object.keys(fleet.requestsOf('add')[0]?.item ?? {})).toEqual([
      expect.stringMatching(/^s/),
      expect.stringMatching(/^c/),
    ]);
  });
});

describe('a shared breaker opens', () => {
  test('after ten failed calls in a row, and not before', async () => {
    const fleet = new Fleet(1);
    await times(FAILURES_TO_OPEN - 1, () => fleet.first.fails());
    expect(await fleet.state()).toBeUndefined();

    await fleet.first.fails();

    expect(await fleet.state()).toMatchObject({ state: 'open', epoch: 1, successes: 0, isProbing: false });
    expect(fleet.first.state).toBe('open');
  });

  test.each([
    [1, 1],
    [1, 0.6],
    [1, 0.1],
    [1, 0.02],
    [7, 1],
    [7, 0.6],
    [7, 0.1],
    [7, 0.02],
  ])('after ten failed calls of %i environments at %d calls a second', async (size, perSecond) => {
    expect(await failuresUntilOpen(new Fleet(size), 1_000 / perSecond)).toBe(FAILURES_TO_OPEN);
  });

  test('after ten failed calls at a low rate that has worked for a long time', async () => {
    const fleet = new Fleet(3);
    await times(60, async () => {
      await fleet.first.works();
      await fleet.pass(10_000);
    });

    expect(await failuresUntilOpen(fleet, 10_000)).toBe(FAILURES_TO_OPEN);
  });

  test('not by failures of an hour ago', async () => {
    const fleet = new Fleet(1);
    await times(FAILURES_TO_OPEN - 1, () => fleet.first.fails());
    await fleet.pass(3_601_000);

    expect(await failuresUntilOpen(fleet, 1_000)).toBe(FAILURES_TO_OPEN);
  });

  test('by the failures of all environments together', async () => {
    const fleet = new Fleet(FAILURES_TO_OPEN);

    await Promise.all(fleet.environments.map((environment) => environment.fails()));

    expect(await fleet.state()).toMatchObject({ state: 'open' });
  });

  test('not while less than half of the calls fail', async () => {
    const fleet = new Fleet(2);
    await times(200, async () => {
      await fleet.first.works();
      await fleet.second.fails();
      await fleet.second.works();
      await fleet.pass(100);
    });

    expect((await fleet.state())?.['state'] ?? 'closed').toBe('closed');
  });

  test.each<[number, number, FleetOptions]>([
    [4, 1_000, { failureRatio: 0.2, minimumCalls: 4 }],
    [5, 1_000, { failureRatio: 0.2 }],
    [37, 1_000, { failureRatio: 0.8 }],
    [30, 1_000, { minimumCalls: 30 }],
    [100, 10_000, { minimumCalls: 100 }],
    [10, 300, { windowMs: 1_000 }],
    [10, 60_000, { windowMs: 3_600_000 }],
  ])('after %d failed calls, one every %d ms, with %j', async (failures, everyMs, options) => {
    // Above one report a second it takes a few more.
    const failed = await failuresUntilOpen(new Fleet(2, options), everyMs);

    expect(failed).toBeGreaterThanOrEqual(failures);
    expect(failed).toBeLessThanOrEqual(failures + 2);
  });

  test('by its own window: a short one forgets successes sooner', async () => {
    const failedAfterSuccesses = async (windowMs: number) => {
      const fleet = new Fleet(1, { windowMs });
      await times(60, async () => {
        await fleet.first.works();
        await fleet.pass(100);
      });
      // Two of three fail, which no suffix shows at once.
      let calls = 0;
      while (fleet.first.state === 'closed' && calls < 400) {
        await (calls++ % 3 ? fleet.first.fails() : fleet.first.works());
        await fleet.pass(100);
      }
      return calls;
    };

    expect(await failedAfterSuccesses(20_000)).toBeLessThan(200);
    // Of 20 reports at the least no such ratio is sure.
    expect(await failedAfterSuccesses(1_000)).toBe(400);
  });

  test('all the same where another environment publishes a rate in that moment', async () => {
    const fleet = new Fleet(1);
    await times(FAILURES_TO_OPEN - 1, () => fleet.first.fails());
    let isPublished = false;
    fleet.serve = async (request, serve) => {
      if (request.operation === 'put' && !isPublished) {
        isPublished = true;
        await fleet.putState({ version: 4, epoch: 0, rate: 20 });
      }
      return serve();
    };

    await fleet.first.fails();

    expect(await fleet.state()).toMatchObject({ state: 'open', version: 5, rate: 20 });
  });

  test('once, where reports of other calls are answered after it has opened', async () => {
    const fleet = new Fleet(1);
    await fleet.first.works();
    await fleet.pass(500);
    fleet.storeTakes(5);
    const fails = () => Array.from({ length: FAILURES_TO_OPEN }, () => fleet.first.fails());
    const early = fails();
    await fleet.pass(6);
    const late = fails();
    await fleet.pass(30);
    await Promise.all([...early, ...late]);

    expect(await fleet.state()).toMatchObject({ state: 'open', version: 1, epoch: 1 });
  });

  test('and stores, reports and rejects with the name, code and status of the error, never its message', async () => {
    const fleet = new Fleet(1);
    const secret = Object.assign(new Error('hunter2 is the password'), { code: 'ECONNREFUSED', status: 502 });
    const { first } = fleet;
    await times(FAILURES_TO_OPEN, () => first.call(() => Promise.reject(secret)));
    const rejection = await first.works();
    await fleet.pass(OPEN_MS);
    await first.call(() => Promise.reject(secret));

    expect(await fleet.state()).toMatchObject({ cause: 'ECONNREFUSED status 502' });
    expect(first.events).toContainEqual(expect.objectContaining({ cause: 'ECONNREFUSED status 502' }));
    const shown = [await fleet.state(), fleet.requests, first.events, String(rejection)];
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  test('once, where several environments are sure of it at the same time', async () => {
    const fleet = new Fleet(8);
    fleet.storeTakes(5);
    const calls = fleet.environments.flatMap((environment) => [environment.fails(), environment.fails()]);
    await fleet.pass(100);
    await Promise.all(calls);

    expect(await fleet.state()).toMatchObject({ state: 'open', version: 1, epoch: 1 });
  });
});

describe('an environment', () => {
  test('reads the state before its first call, and then beside its work now and then', async () => {
    const fleet = new Fleet(1, { chance: 0.999 });
    const work = async () => {
      await fleet.first.works();
      await fleet.pass(4_000);
    };
    await times(4, work);
    expect(fleet.requestsOf('get')).toHaveLength(1);

    // The rate is unknown, so after 12.5 s it reads the state again.
    await work();
    expect(fleet.requestsOf('get')).toHaveLength(2);
  });

  test('reads the state every 85 s or so once the rate is known', async () => {
    const fleet = new Fleet(1, { chance: 0.999 });
    await fleet.putState({ epoch: 0, rate: 1 });

    for (let second = 0; second < 1_000; second++) {
      await fleet.first.works();
      await fleet.pass(1_000);
    }

    expect(fleet.requestsOf('get').length).toBeGreaterThan(7);
    expect(fleet.requestsOf('get').length).toBeLessThan(12);
  });

  test('reads the state once for all calls that come at once when it has begun', async () => {
    const fleet = new Fleet(1);

    await Promise.all(Array.from({ length: 10 }, () => fleet.first.works()));

    expect(fleet.requestsOf('get')).toHaveLength(1);
  });

  test('rejects its first call where the breaker is open', async () => {
    const fleet = await openFleet();
    await fleet.pass(1_000);
    const work = vi.fn(async () => 'ok');

    expect(await fleet.second.call(work)).toBeInstanceOf(BreakerOpenError);

    expect(work).not.toHaveBeenCalled();
  });

  test.each([
    [22_000, 'makes', 1, false],
    [22_001, 'reads the state before', 1, true],
    // So long that the state would have been read beside its work.
    [600_000, 'reads the state before', 1, true],
    [22_000, 'makes', 0, false],
    [30_000, 'reads the state before', 0, true],
  ])('that was idle for %i ms %s its next call, at a rate of %d', async (idleMs, _, rate, reads) => {
    const fleet = new Fleet(1);
    await fleet.putState({ epoch: 0, rate });
    await fleet.first.works();
    await fleet.pass(idleMs);
    await fleet.putState({ version: 2, state: 'open', until: fleet.now + 5_000 });

    expect((await fleet.first.works()) instanceof BreakerOpenError).toBe(reads);
  });

  test.each([
    [0, 'reads', true],
    [1, 'reads', true],
    [2, 'does not read', false],
  ])('after a failure and %i successes %s the state before its next call', async (successes, _, reads) => {
    const fleet = new Fleet(2);
    await fleet.second.works();
    await fleet.second.fails();
    await times(successes, () => fleet.second.works());
    await times(2 * FAILURES_TO_OPEN, () => fleet.first.fails());
    await fleet.pass(1_000);

    expect((await fleet.second.works()) instanceof BreakerOpenError).toBe(reads);
  });

  test('that has no reason to doubt learns of an open breaker by a read beside its work', async () => {
    const fleet = new Fleet(1);
    await fleet.first.works();
    await fleet.pass(8_000);
    await fleet.putState({ state: 'open', until: fleet.now + 5_000 });

    expect(await fleet.first.works()).toBe('ok');

    await fleet.pass();
    expect(await fleet.first.works()).toBeInstanceOf(BreakerOpenError);
  });
});

describe('a slow call', () => {
  test('is reported as a failure the moment that it is slow, and not again when it ends', async () => {
    const fleet = new Fleet(1, { slowCallMs: 500 });
    await fleet.first.works();
    const reports = fleet.requestsOf('add').length;
    const work = Promise.withResolvers<string>();
    const call = fleet.first.call(() => work.promise);
    await fleet.pass(499);
    expect(fleet.requestsOf('add')).toHaveLength(reports);
    await fleet.pass(1);
    expect(Object.keys(fleet.requestsOf('add').at(-1)?.item ?? {}).join()).toMatch(/^f/);

    work.resolve('late');

    expect(await call).toBe('late');
    expect(fleet.requestsOf('add')).toHaveLength(reports + 1);
  });

  test('opens the breaker like any other failure', async () => {
    const fleet = new Fleet(2, { slowCallMs: 500 });
    for (let call = 0; call < FAILURES_TO_OPEN; call++) void fleet.first.hangs();

    await fleet.pass(600);

    expect(await fleet.state()).toMatchObject({ state: 'open', cause: 'slow call' });
  });

  test('is not reported where its environment was frozen meanwhile', async () => {
    const fleet = new Fleet(1, { slowCallMs: 500 });
    void fleet.first.hangs();
    await fleet.pass();

    await fleet.freeze(fleet.first, 60_000);

    expect(fleet.requestsOf('add')).toEqual([]);
  });
});
