import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { BreakerOpenError, InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';
import { FAILURES_TO_OPEN, Fleet, KEY, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { outage } from '../support/outcomes.ts';

const HOUR_MS = 3_600_000;

/** Gives the error of a manual override that is refused. */
const refusalOf = (forced: Promise<void>) => forced.then(String, (error: unknown) => error);

describe('a shared breaker that is forced', () => {
  test('open by one environment rejects the calls of another, for an hour, and is then probed', async () => {
    const fleet = new Fleet(2);
    const { first, second, now } = fleet;
    await first.breaker.force('open', { by: 'ada' });
    expect(first.state).toBe('forced-open');
    expect(await fleet.state()).toMatchObject({
      ...{ state: 'forced-open', since: now, until: now + HOUR_MS, by: 'ada' },
    });

    expect(await second.works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: HOUR_MS });
    expect(second.state).toBe('forced-open');
    await fleet.pass(HOUR_MS);

    expect(await second.works()).toBe('ok');
    expect(await fleet.state()).toMatchObject({ state: 'open', successes: 1, by: '' });
  });

  test('closed by one environment admits the calls of another, whatever fails, and reports nothing', async () => {
    const fleet = await openFleet();
    const { first, second } = fleet;
    expect(await second.works()).toBeInstanceOf(BreakerOpenError);
    await first.breaker.force('closed', { forMs: 60_000 });
    await fleet.pass(OPEN_MS);
    const reports = fleet.requestsOf('add').length;

    expect(await second.works()).toBe('ok');
    await times(2 * FAILURES_TO_OPEN, () => second.fails());

    expect(await second.works()).toBe('ok');
    expect(await fleet.state()).toMatchObject({ state: 'forced-closed', by: 'code' });
    expect(fleet.requestsOf('add')).toHaveLength(reports);
  });

  test('closed decides again by itself when that is over', async () => {
    const fleet = new Fleet(1);
    await fleet.first.breaker.force('closed', { forMs: 1_000 });
    await fleet.pass(1_000);
    expect(fleet.first.state).toBe('closed');

    await times(FAILURES_TO_OPEN, () => fleet.first.fails());

    expect(await fleet.state()).toMatchObject({ state: 'open', epoch: 2 });
  });

  test('is set free by `auto`: it is closed and counts anew', async () => {
    const fleet = new Fleet(1);
    await fleet.first.breaker.force('open');

    await fleet.first.breaker.force('auto');

    expect(fleet.first.state).toBe('closed');
    expect(await fleet.state()).toMatchObject({ state: 'closed', epoch: 2, by: '' });
  });

  test('is set free by another environment than the one that forced it', async () => {
    const fleet = new Fleet(2);
    await fleet.first.breaker.force('open');

    await fleet.second.breaker.force('auto');
    await fleet.pass(100_000);

    await times(2, () => fleet.first.works());
    await fleet.pass();
    expect(fleet.first.state).toBe('closed');
  });

  test.each(['open', 'closed'] as const)(
    'that keeps it %s and was ended by another environment is so for an idle one after its next call',
    async (state) => {
      const fleet = new Fleet(2);
      await fleet.second.breaker.force(state);
      await fleet.first.works();
      expect(fleet.first.state).toBe(`forced-${state}`);

      await fleet.second.breaker.force('auto');
      // Longer than it takes to be idle, and than the state is believed.
      await fleet.pass(130_000);
      await fleet.first.works();
      await fleet.pass();

      expect(fleet.first.state).toBe('closed');
    },
  );

  test('is not changed by `auto` where it is not forced', async () => {
    const fleet = await openFleet();
    const before = await fleet.state();

    await fleet.first.breaker.force('auto');

    expect(await fleet.state()).toEqual(before);
    expect(fleet.first.state).toBe('open');
  });

  test('is forced from the state that another environment has made in the meantime', async () => {
    const fleet = new Fleet(1);
    await fleet.first.works();
    await fleet.putState({ version: 7, epoch: 3, rate: 42 });

    await fleet.first.breaker.force('open');

    expect(await fleet.state()).toMatchObject({ state: 'forced-open', version: 8, epoch: 4, rate: 42 });
  });

  test('while a probe is running stays forced, whatever comes of the probe', async () => {
    const fleet = await openFleet();
    await fleet.pass(OPEN_MS);
    const work = Promise.withResolvers<string>();
    const probe = fleet.first.call(() => work.promise);
    await fleet.pass();
    await fleet.second.breaker.force('open');

    work.resolve('ok');
    await probe;

    expect(await fleet.state()).toMatchObject({ state: 'forced-open', successes: 0 });
  });

  test('stays what it was where other environments change its state ten times meanwhile', async () => {
    const fleet = new Fleet(1);
    let version = 100;
    fleet.serve = async ({ operation }, serve) => {
      if (operation === 'put') await fleet.putState({ version: version++ });
      return serve();
    };

    const error = await refusalOf(fleet.first.breaker.force('open'));

    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      retryable: true,
      message: 'Breaker "posts" was not forced: others changed its state 10 times',
    });
  });

  test('is not forced where its item is unreadable, and the error says why', async () => {
    const fleet = new Fleet(1);
    const item = { v: 4, state: 'open' };
    await fleet.table.put(KEY, item);

    const error = await refusalOf(fleet.first.breaker.force('closed'));

    expect(error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message:
        'Breaker "posts" was not forced: the item "breaker#posts" is of a later version; update fibrin',
    });
    expect(await fleet.state()).toEqual(item);
  });
});

describe('a shared breaker whose store is unavailable', () => {
  test('is not forced, and the error says so', async () => {
    const fleet = new Fleet(1);
    fleet.storeRefuses();

    const error = await refusalOf(fleet.first.breaker.force('open'));

    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      ...{ retryable: true, message: 'Breaker "posts" was not forced: its store does not answer' },
      cause: { message: 'down' },
    });
    expect(fleet.first.state).toBe('closed');
    expect(await fleet.state()).toBeUndefined();
    expect(await fleet.first.works()).toBe('ok');
  });

  test.each<[string, (fleet: Fleet) => void]>([
    ['and nothing after it', (fleet) => fleet.storeRefuses()],
    ['though reads are answered', (fleet) => fleet.storeRefuses(['put'])],
  ])(
    'may have been forced where the write gets no answer %s, and the error says so',
    async (_, beginOutage) => {
      const fleet = new Fleet(1);
      await fleet.first.works();
      fleet.serve = ({ operation }, serve) => (operation === 'put' ? new Promise(() => {}) : serve());
      const error = refusalOf(fleet.first.breaker.force('open'));
      await fleet.pass();
      beginOutage(fleet);
      await fleet.pass(5_000);

      expect(await error).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: 'Breaker "posts" may have been forced: its store gave no answer to the write',
      });
    },
  );

  test('is forced where the write was made and its answer was lost', async () => {
    const fleet = new Fleet(1);
    let isLost = true;
    fleet.serve = async ({ operation }, serve) => {
      const answer = await serve();
      if (operation !== 'put' || !isLost) return answer;
      isLost = false;
      throw new StoreError('socket hang up', { retryable: true });
    };

    await fleet.first.breaker.force('open');

    expect(await fleet.state()).toMatchObject({ state: 'forced-open' });
    expect(fleet.first.state).toBe('forced-open');
  });

  test('is forced once the store answers again, while the breaker still backs off', async () => {
    const fleet = new Fleet(1);
    fleet.storeRefuses();
    await refusalOf(fleet.first.breaker.force('closed'));
    await fleet.pass(500);
    fleet.storeRecovers();

    await fleet.first.breaker.force('closed', { by: 'ada' });

    expect(await fleet.state()).toMatchObject({ state: 'forced-closed', by: 'ada' });
  });
});

describe.each([
  ['shared', () => sharedBreaker({ name: 'posts', store: memoryStore() })],
  ['local', () => circuitBreaker({ name: 'posts' })],
] as const)('a %s breaker', (_, make) => {
  test('refuses to be forced to a state that there is not', async () => {
    const breaker = make();

    const error = await breaker.force('ajar' as never).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(String(error)).toContain('expected `state` to be one of open, closed, auto, got "ajar"');
    expect(breaker.state).toBe('closed');
  });
});

test.each([
  ['forMs', { forMs: 0 }],
  ['forMs', { forMs: 604_800_001 }],
  ['by', { by: '' }],
  ['by', { by: 'x'.repeat(101) }],
  ['by', { by: 'ada\u001b[2J' }],
  ['until', { until: 5 }],
])('a shared breaker refuses `%s` of %j and is not forced', async (option, wrong) => {
  const store = memoryStore();
  const breaker = sharedBreaker({ name: 'posts', store });

  const error = await breaker.force('open', wrong as never).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(String(error)).toContain(`\`${option}\``);
  expect(await store.get(KEY)).toBeUndefined();
});

describe('a breaker of this environment that is forced', () => {
  test('is forced when the call returns', () => {
    const breaker = circuitBreaker({ name: 'posts', clock: fakeClock() });

    void breaker.force('open');

    expect(breaker.state).toBe('forced-open');
    expect(() => breaker.acquire()).toThrow(BreakerOpenError);
  });

  test('is not changed by `auto` where it is not forced', async () => {
    const breaker = circuitBreaker({ name: 'posts', clock: fakeClock() });
    const fail = () => breaker.execute(() => Promise.reject(outage())).catch(() => undefined);
    await fail();

    await breaker.force('auto');
    await times(FAILURES_TO_OPEN - 1, fail);
    expect(breaker.state).toBe('open');
    await breaker.force('auto');

    expect(breaker.state).toBe('open');
  });
});

describe('the breaker of a policy', () => {
  test('shows the state of the one that its options make, and forces it', async () => {
    const posts = resilient<string>({ name: 'posts', breaker: {}, clock: fakeClock() });
    await times(FAILURES_TO_OPEN, () => posts.outcome(() => Promise.reject(outage())));
    expect(posts.breaker).toMatchObject({ name: 'posts', state: 'open' });

    await posts.breaker?.force('closed');

    expect(await posts.execute(async () => 'ok')).toBe('ok');
    expect(posts.breaker?.state).toBe('forced-closed');
  });

  test('is the very instance that it was handed', () => {
    const breaker = sharedBreaker({ name: 'posts', store: memoryStore() });

    expect(resilient({ name: 'posts', breaker }).breaker).toBe(breaker);
  });

  test('is none without the option, and where it is switched off', () => {
    expect(resilient({ name: 'posts' }).breaker).toBeUndefined();
    expect(resilient({ name: 'posts', breaker: false }).breaker).toBeUndefined();
  });
});

describe.each([
  ['of this environment', (clock = fakeClock()) => circuitBreaker({ name: 'service', clock })],
  [
    'with a store',
    (clock = fakeClock()) =>
      sharedBreaker({
        ...{ name: 'service', store: memoryStore(), clock },
        random: { ...seededRandom(1), next: () => 0 },
      }),
  ],
] as const)('two policies with one breaker %s', (_, make) => {
  test('count together, and are rejected together', async () => {
    const clock = fakeClock();
    const breaker = make(clock);
    const posts = resilient<string>({ name: 'posts', breaker, clock });
    const friends = resilient<string>({ name: 'friends', breaker, clock });
    const fails = () => Promise.reject(outage());

    await times(FAILURES_TO_OPEN - 1, () => posts.outcome(fails));
    expect(breaker.state).toBe('closed');
    await friends.outcome(fails);

    expect(breaker.state).toBe('open');
    for (const { execute } of [posts, friends]) {
      await expect(execute(async () => 'ok')).rejects.toThrow('Breaker "service" is open');
    }
  });
});
