import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { numbered } from '../support/cached.ts';
import { errorOf } from '../support/dependency.ts';
import { outage } from '../support/outcomes.ts';
import { sharedFleet } from '../support/shared-cached.ts';

const KEY = { key: '7' };

describe('a key that many environments ask for at once', () => {
  test('is loaded once when it was never loaded, and all get its value', async () => {
    const { clock, caches, link } = sharedFleet<string>(50);
    const { call, signals } = numbered(clock, 200);
    const runs = caches.map((each) => each.execute(call, KEY));
    await clock.advance(600);

    expect(await Promise.all(runs)).toEqual(Array(50).fill('1'));
    expect(signals).toHaveLength(1);
    // One asks for the lease in the time that the answer to the first takes, or each of them; none does so twice.
    expect(link.requests.filter((request) => request === 'put').length).toBeLessThanOrEqual(51);
    expect(clock.pending).toBe(0);
  });

  test('is loaded once when it has just expired', async () => {
    const { clock, at, caches } = sharedFleet<string>(20, { ttlMs: 1_000 });
    const { call, signals } = numbered(clock, 200);
    const first = at(0).execute(call, KEY);
    await clock.advance(1_100);
    const runs = caches.map((each) => each.execute(call, KEY));
    await clock.advance(600);

    expect(await first).toBe('1');
    expect(await Promise.all(runs)).toEqual(Array(20).fill('2'));
    expect(signals).toHaveLength(2);
  });

  test('is loaded once in the time of a lease, however long a load takes', async () => {
    const { clock, caches } = sharedFleet<string>(20, { leaseMs: 500 });
    const { call, signals } = numbered(clock, 1_800);
    const runs = caches.map((each) => each.execute(call, KEY));
    await clock.advance(4_000);
    const values = await Promise.all(runs);

    expect(signals).toHaveLength(4);
    expect(values.filter((value) => value === '1')).toHaveLength(17);
  });
});

describe('a key that is asked for rarely', () => {
  test('takes no lease: what had been out of date for longer than a lease when a call came', async () => {
    const { clock, at, link } = sharedFleet<string>(1, { ttlMs: 1_000 });
    const { call } = numbered(clock, 10);
    const first = at(0).execute(call, KEY);
    await clock.advance(3_000);
    link.requests.length = 0;
    const second = at(0).execute(call, KEY);
    await clock.advance(100);

    expect([await first, await second]).toEqual(['1', '2']);
    expect(link.requests).toEqual(['get', 'put']);
  });

  test('takes one again soon after a lease: others may wait for it', async () => {
    const { clock, at, item, overwrite, link } = sharedFleet<string>(1, { ttlMs: 1_000 });
    const first = at(0).execute(() => '1', KEY);
    await clock.advance(3_000);
    await overwrite({ ...(await item()), loadingUntil: clock.now() - 500 });
    link.requests.length = 0;
    const second = at(0).execute(() => '2', KEY);
    await clock.advance(100);

    expect([await first, await second]).toEqual(['1', '2']);
    expect(link.requests).toEqual(['get', 'put', 'put']);
  });

  test('none does where leaseMs is 0', async () => {
    const { clock, caches } = sharedFleet<string>(5, { leaseMs: 0 });
    const { call, signals } = numbered(clock, 100);
    const runs = caches.map((each) => each.execute(call, KEY));
    await clock.advance(200);

    expect(await Promise.all(runs)).toEqual(['1', '2', '3', '4', '5']);
    expect(signals).toHaveLength(5);
  });
});

describe('an environment whose load of a key has failed', () => {
  test('takes leases of other keys, and remembers a hundred that have failed', async () => {
    const { clock, at, link } = sharedFleet<string>(1);
    const requestsOf = async (key: string, fails: boolean) => {
      link.requests.length = 0;
      const run = errorOf(at(0).execute(() => (fails ? Promise.reject(outage()) : 'x'), { key }));
      await clock.advance(8);
      await clock.advance(8);
      await run;
      return link.requests.filter((request) => request === 'put').length;
    };
    link.delayMs = 0;

    expect(await requestsOf('bad', true)).toBe(2);
    expect(await requestsOf('bad', true)).toBe(0);
    expect(await requestsOf('good', false)).toBe(2);
    // A load that succeeds is the end of it.
    expect(await requestsOf('bad', false)).toBe(1);
    const invalidated = at(0).invalidate('bad');
    await clock.advance(8);
    await invalidated;
    expect(await requestsOf('bad', true)).toBe(2);
    for (let n = 0; n < 100; n++) {
      const run = errorOf(at(0).execute(() => Promise.reject(outage()), { key: `${n}` }));
      await clock.advance(0);
      await run;
    }
    expect(await requestsOf('bad', true)).toBe(2);
  });

  test('neither takes a lease nor waits for one, until a lease’s time after the last of them', async () => {
    const { clock, at, link } = sharedFleet<string>(2);
    const fail = async () => {
      const run = errorOf(at(0).execute(() => Promise.reject(outage()), KEY));
      await clock.advance(20);
      expect(await run).toEqual(outage());
    };
    await fail();
    expect(link.requests).toEqual(['get', 'put', 'put']);
    link.requests.length = 0;
    await fail();
    expect(link.requests).toEqual(['get']);
    const { call, signals } = numbered(clock, 900);
    const other = at(1).execute(call, KEY);
    await clock.advance(20);
    await fail();
    await clock.advance(1_000);
    link.requests.length = 0;
    const late = at(0).execute(call, { key: '8' });
    await clock.advance(20);
    expect(link.requests).toEqual(['get', 'put']);
    await clock.advance(900);

    expect([await other, await late]).toEqual(['1', '2']);
    expect(signals).toHaveLength(2);
  });
});

describe('environments that wait for the load of another one', () => {
  test('call themselves when it fails, and no later', async () => {
    const { clock, at, caches } = sharedFleet<string>(3);
    const failsLate = async () => {
      await sleep(clock, 100);
      throw outage();
    };
    const failed = errorOf(at(0).execute(failsLate, KEY));
    await clock.advance(20);
    const startedAt = clock.monotonic();
    const runs = caches.slice(1).map(async (each) => {
      await each.execute(() => 'own', KEY);
      return clock.monotonic() - startedAt;
    });
    await clock.advance(400);

    expect(await failed).toEqual(outage());
    // The rest of that load, and the wait until it is looked for again.
    expect(Math.max(...(await Promise.all(runs)))).toBeLessThan(200);
  });

  test('take its place when it is killed, once its lease is over', async () => {
    const { clock, at, caches } = sharedFleet<string>(4);
    const killed = () => new Promise<string>(() => undefined);
    const dead = errorOf(at(0).execute(killed, KEY));
    await clock.advance(20);
    const { call, signals } = numbered(clock, 100);
    const startedAt = clock.monotonic();
    const endedAt: number[] = [];
    const runs = caches.slice(1).map(async (each) => {
      const value = await each.execute(call, KEY);
      endedAt.push(clock.monotonic() - startedAt);
      return value;
    });
    await clock.advance(1_500);

    expect(await Promise.all(runs)).toEqual(['1', '1', '1']);
    expect(signals).toHaveLength(1);
    expect(Math.max(...endedAt)).toBeLessThan(1_700);
    await clock.advance(10_000);
    expect(await dead).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  test('keep half of their time for a call of their own', async () => {
    const { clock, at } = sharedFleet<string>(2, { leaseMs: 60_000, loadTimeoutMs: 400 });
    const dead = errorOf(at(0).execute(() => new Promise<string>(() => undefined), KEY));
    await clock.advance(20);
    const run = at(1).execute(() => 'own', KEY);
    await clock.advance(250);

    expect(await run).toBe('own');
    await clock.advance(200);
    await dead;
  });

  test('keep half of the time of the call that waits, where that is shorter than a load’s', async () => {
    const { clock, at } = sharedFleet<string>(2);
    const dead = errorOf(at(0).execute(() => new Promise<string>(() => undefined), KEY));
    await clock.advance(20);
    const run = at(1).execute(() => 'own', { ...KEY, remainingMs: 300 });
    await clock.advance(300);

    expect(await run).toBe('own');
    await clock.advance(10_000);
    await dead;
  });

  test('leave when their callers do', async () => {
    const { clock, at, link } = sharedFleet<string>(2);
    const { call } = numbered(clock, 900);
    const first = at(0).execute(call, KEY);
    await clock.advance(20);
    const controller = new AbortController();
    const left = errorOf(at(1).execute(call, { ...KEY, signal: controller.signal }));
    await clock.advance(100);
    controller.abort('gone');
    expect(await left).toBe('gone');
    const requests = link.requests.length;
    await clock.advance(500);
    expect(link.requests).toHaveLength(requests);
    await clock.advance(500);
    expect(await first).toBe('1');
    expect(clock.pending).toBe(0);
  });

  test('wait for a lease that was taken since they have read the item, though their clock says that it is over', async () => {
    const { clock, at, item, overwrite, meddle } = sharedFleet<string>(1, { ttlMs: 1_000 });
    const first = at(0).execute(() => '1', KEY);
    await clock.advance(1_100);
    meddle(async () => overwrite({ ...(await item()), id: 'other', loadingUntil: clock.now() - 5_000 }));
    const { call, signals } = numbered(clock, 10);
    const second = at(0).execute(call, KEY);
    await clock.advance(900);
    expect(signals).toHaveLength(0);
    await clock.advance(1_000);

    expect([await first, await second]).toEqual(['1', '1']);
    expect(signals).toHaveLength(1);
  });

  test('take a lease that is over at random within 300 ms, not all at once', async () => {
    const { clock, at, caches, link } = sharedFleet<string>(100, { ttlMs: 60_000 });
    const dead = errorOf(at(0).execute(() => new Promise<string>(() => undefined), KEY));
    await clock.advance(20);
    const { call, signals } = numbered(clock, 100);
    const runs = caches.slice(1).map((each) => each.execute(call, KEY));
    await clock.advance(900);
    link.requests.length = 0;
    await clock.advance(700);

    expect(new Set(await Promise.all(runs))).toEqual(new Set(['1']));
    expect(signals).toHaveLength(1);
    // Those that come within the time of a request to the store of the first.
    expect(link.requests.filter((request) => request === 'put').length).toBeLessThan(15);
    await clock.advance(10_000);
    await dead;
  });

  test('believe no lease for longer than their own, whatever another clock says', async () => {
    const { clock, at, item, overwrite } = sharedFleet<string>(1, { ttlMs: 1_000 });
    const first = at(0).execute(() => '1', KEY);
    await clock.advance(1_100);
    await overwrite({ ...(await item()), loadingUntil: clock.now() + 86_400_000 });
    const run = at(0).execute(() => '2', KEY);
    await clock.advance(5_100);

    expect([await first, await run]).toEqual(['1', '2']);
  });
});
