import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { BreakerOpenError, InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { fleet, opened } from '../support/breaker-fleet.ts';
import { never, outage } from '../support/outcomes.ts';
import { ENOUGH_FAILURES, KEY, OPEN_MS, putVerdict, times } from '../support/shared-breaker.ts';
import { BROKEN, sandbox, type Trouble } from '../support/troubled-store.ts';

const HOUR_MS = 3_600_000;

describe('the state of a shared breaker', () => {
  test('is closed before anything is known, and then what this environment has read', async () => {
    const { clock, first, second } = await opened();
    expect([first.state, second.state]).toEqual(['open', 'closed']);
    await clock.advance(1_000);

    await second.works();

    expect(second.state).toBe('open');
  });

  test('is half-open while a probe runs', async () => {
    const { clock, first } = await opened();
    await clock.advance(OPEN_MS);
    const work = Promise.withResolvers<string>();
    const probe = first.call(() => work.promise);
    await settle();
    expect(first.state).toBe('half-open');

    work.resolve('ok');
    await probe;

    expect(first.state).toBe('open');
  });

  test('ends with the override, also where nothing is read in the meantime', async () => {
    const { clock, first } = fleet(1);
    await first.force('closed', { forMs: 1_000 });
    expect(first.state).toBe('forced-closed');

    await clock.advance(1_000);

    expect(first.state).toBe('closed');
  });
});

describe('a shared breaker that is forced', () => {
  test('open by one environment rejects the calls of another, for an hour, and is then probed', async () => {
    const { clock, first, second, verdict } = fleet(2);
    await first.force('open', { by: 'ada' });
    const since = clock.now();
    expect(first.state).toBe('forced-open');
    expect(await verdict()).toMatchObject({
      ...{ state: 'forced-open', since, until: since + HOUR_MS, by: 'ada' },
    });

    expect(await second.works()).toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: HOUR_MS });
    expect(second.state).toBe('forced-open');
    await clock.advance(HOUR_MS);

    expect(await second.works()).toBe('ok');
    expect(await verdict()).toMatchObject({ state: 'open', successes: 1 });
  });

  test('closed by one environment admits the calls of another, whatever fails', async () => {
    const { clock, first, second, verdict } = await opened();
    await clock.advance(1_000);
    expect(await second.works()).toBeInstanceOf(BreakerOpenError);

    await first.force('closed', { forMs: 60_000 });
    await clock.advance(OPEN_MS);

    expect(await second.works()).toBe('ok');
    await times(2 * ENOUGH_FAILURES, second.fails);
    expect(await second.works()).toBe('ok');
    expect(await verdict()).toMatchObject({ state: 'forced-closed', by: 'code' });
  });

  test('is set free by `auto`: it is closed and counts anew', async () => {
    const { first, verdict } = fleet(1);
    await first.force('open');

    await first.force('auto');

    expect(first.state).toBe('closed');
    expect(await verdict()).toMatchObject({ state: 'closed', epoch: 2, by: '' });
  });

  test('is set free by another environment than the one that forced it', async () => {
    const { clock, first, second } = fleet(2);
    await first.force('open');

    await second.force('auto');
    await clock.advance(100_000);

    await times(2, first.works);
    await settle();
    expect(first.state).toBe('closed');
  });

  test('is not changed by `auto` where it is not forced', async () => {
    const { first, verdict } = await opened();
    const before = await verdict();

    await first.force('auto');

    expect(await verdict()).toEqual(before);
    expect(first.state).toBe('open');
  });

  test('is forced from the state that others have made in the meantime', async () => {
    const { first, store, verdict } = fleet(1);
    await first.works();
    await putVerdict(store, { version: 7, epoch: 3, rate: 42 });

    await first.force('open');

    expect(await verdict()).toMatchObject({ state: 'forced-open', version: 8, epoch: 4, rate: 42 });
  });

  test('gives up where others are faster each time', async () => {
    const inner = memoryStore();
    let version = 100;
    const store = {
      ...inner,
      async put(...args: Parameters<typeof inner.put>) {
        await putVerdict(inner, { version: version++ });
        return inner.put(...args);
      },
    };
    const { first } = fleet(1, { store });

    const error = await first.force('open').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      retryable: true,
      message: 'Breaker "posts" was not forced: others changed its state 10 times',
    });
  });
});

describe('a shared breaker whose store is down', () => {
  test('is not forced, and says so', async () => {
    const { breaker, inner, trouble, works } = sandbox();
    trouble(BROKEN);

    const error = await breaker.force('open').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      retryable: true,
      message: 'Breaker "posts" was not forced: its store does not answer',
    });
    expect(breaker.state).toBe('closed');
    expect(await inner.get(KEY)).toBeUndefined();
    expect(await works()).toBe('ok');
  });

  test.each([
    ['and nothing after it', () => BROKEN],
    ['though reads are answered', (inner: Trouble) => ({ ...BROKEN, get: inner.get })],
  ])('may have been forced where the write gets no answer %s, and says so', async (_, after) => {
    const { breaker, clock, inner, trouble } = sandbox();
    trouble({ ...inner, put: never });
    const forced = breaker.force('open').catch((thrown: unknown) => thrown);
    await settle();
    trouble({ ...after(inner), put: never });

    await clock.advance(5_000);

    expect(await forced).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'Breaker "posts" may or may not have been forced: its store gave no answer to the write',
    });
  });

  test('is forced where the answer to the first write was lost', async () => {
    const { breaker, inner, trouble } = sandbox();
    let isLost = true;
    trouble({
      ...inner,
      async put(...args) {
        const result = await inner.put(...args);
        if (isLost) throw new StoreError('socket hang up');
        return result;
      },
    });
    const forced = breaker.force('open');
    await settle();
    isLost = false;

    await forced;

    expect(await inner.get(KEY)).toMatchObject({ state: 'forced-open' });
    expect(breaker.state).toBe('forced-open');
  });

  test('is forced once the store answers again, however long it was down', async () => {
    const { breaker, clock, inner, trouble } = sandbox();
    trouble(BROKEN);
    await breaker.force('closed').catch(() => undefined);
    await clock.advance(500);
    trouble();

    await breaker.force('closed', { by: 'ada' });

    expect(await inner.get(KEY)).toMatchObject({ state: 'forced-closed', by: 'ada' });
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
    const breaker = circuitBreaker({ name: 'posts', minimumCalls: 2, clock: fakeClock() });
    const fail = () => breaker.execute(() => Promise.reject(outage())).catch(() => undefined);
    await fail();

    await breaker.force('auto');
    await fail();
    expect(breaker.state).toBe('open');
    await breaker.force('auto');

    expect(breaker.state).toBe('open');
  });
});

describe('the breaker of a policy', () => {
  test('shows the state of the one that its options make, and forces it', async () => {
    const posts = resilient<string>({ name: 'posts', breaker: { minimumCalls: 2 }, clock: fakeClock() });
    await times(2, () => posts.outcome(() => Promise.reject(outage())));
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
  [
    'of this environment',
    (clock = fakeClock()) => circuitBreaker({ name: 'service', minimumCalls: ENOUGH_FAILURES, clock }),
  ],
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

    await times(ENOUGH_FAILURES - 1, () => posts.outcome(fails));
    expect(breaker.state).toBe('closed');
    await friends.outcome(fails);

    expect(breaker.state).toBe('open');
    for (const { execute } of [posts, friends]) {
      await expect(execute(async () => 'ok')).rejects.toThrow('Breaker "service" is open');
    }
  });
});
