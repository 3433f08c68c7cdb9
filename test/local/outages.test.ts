import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Asked,
  DEADLINE_MS,
  during,
  expectWithoutPosts,
  inTurn,
  sandboxesOf,
} from '../support/asked.ts';
import { type OutageRun, startOutageRun } from '../support/outage-run.ts';

/** Failures after which a fleet is sure, of which a few calls have gone well and nobody knows how many it makes. */
const ENOUGH_FAILURES = 30;
const A_FEW = 5;
const PROBE_MS = 500;

let outage: OutageRun;
beforeAll(async () => {
  outage = await startOutageRun();
});
afterAll(() => outage.run.stop());
beforeEach(() => outage.api.clearFaults());
beforeEach(() => outage.startAfresh());

describe('posts, for one profile after the other', () => {
  it('F18: take almost all of the time that they have: the breaker opens, since they are slow', async () => {
    await outage.api.fault('posts', { kind: 'latency', ms: 900 });
    for (const { status } of await inTurn(A_FEW, () => outage.ask())) expect(status).toBe(200);
    await outage.expectToOpen();
  });

  // A sandbox that the table does not answer in time goes on by itself, as many do on a very busy machine.
  it('F27: are well again after an outage: one probe at a time, and then more and more', {
    retry: 2,
  }, async () => {
    await outage.api.fault('posts', { kind: 'error' });
    await outage.expectToOpen();
    const requestsOfFour = async () => (await during(outage.api, 'posts', outage.askFour)).requests;
    // All of them know that it is: who has looked within a second does not look again.
    await expect.poll(requestsOfFour, { interval: 1_000 }).toBe(0);
    // A probe takes long enough for all of four that ask at once to come meanwhile, and not so long that it is slow.
    await outage.api.fault('posts', { kind: 'latency', ms: PROBE_MS });
    const probes: { readonly requests: number; readonly durationMs: number }[] = [];
    const sourceOfPosts = async () => {
      const startedAt = performance.now();
      const { result, requests } = await during(outage.api, 'posts', outage.askFour);
      if (requests > 0) probes.push({ requests, durationMs: performance.now() - startedAt });
      return result.every(({ body }) => body.sources['posts'] === 'live');
    };
    await expect.poll(sourceOfPosts, { interval: 200 }).toBe(true);
    // While it is open no two of four that ask at once are let through: on a busy machine one may come after the other.
    const [first] = probes;
    expect(first?.requests).toBeLessThanOrEqual(Math.floor((first?.durationMs ?? 0) / PROBE_MS));
  });

  it('F20: answer 200 with broken JSON: degraded, and the breaker counts it', async () => {
    await outage.api.fault('posts', { kind: 'garble' });
    for (const asked of await inTurn(A_FEW, () => outage.ask())) expectWithoutPosts(asked);
    await outage.expectToOpen();
  });

  it('F25: have a name that does not resolve: degraded, and the breaker counts it', async () => {
    await outage.api.fault('posts', { kind: 'unresolved' });
    const { result, requests } = await during(outage.api, 'posts', () => inTurn(A_FEW, () => outage.ask()));
    for (const { status, body, durationMs } of result) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ posts: [], friendCount: null, degraded: ['posts', 'friendCount'] });
      expect(durationMs).toBeLessThan(DEADLINE_MS);
    }
    expect(requests).toBe(0);
    await outage.expectToOpen();
  });

  // How soon it opens is counted, which a busy machine may spoil.
  it.each([1, 6])(
    'F16: answer 500 always to %i sandboxes: left alone once it is sure',
    { retry: 2 },
    async (size) => {
      const asks = () => Promise.all(Array.from({ length: size }, () => outage.ask()));
      await asks();
      await outage.api.fault('posts', { kind: 'error' });
      const { requests } = await during(outage.api, 'posts', () =>
        expect
          .poll(async () => {
            for (const asked of await asks()) expectWithoutPosts(asked);
            return outage.breakerOfPosts();
          })
          .toBe('open'),
      );
      // What is on its way when it is sure comes on top: two attempts of each, and more while first writes are slow.
      const count = (await sandboxesOf(outage.api)).length;
      expect(requests).toBeLessThanOrEqual(ENOUGH_FAILURES + 8 * count);

      // All hear of it, on a busy machine not at once. Then nobody calls, but for a probe now and then.
      const tenMore = async () =>
        (await during(outage.api, 'posts', () => inTurn(10, () => outage.ask()))).requests;
      await expect.poll(tenMore).toBe(0);
    },
  );
});

describe('posts and friend count', () => {
  it('F30: flap, and the friend count with them: missing while they are down, nothing asked for more often', async () => {
    const { api, askFour, breakerOfPosts } = outage;
    const opened: string[] = [];
    const seen = { up: [] as Asked[], down: [] as Asked[] };
    /** On a busy machine it takes longer to be sure. */
    const askFor10s = async (into: Asked[], isOver: () => boolean) => {
      for (const endsAt = performance.now() + 10_000; performance.now() < endsAt || !isOver(); ) {
        into.push(...(await askFour()));
        await setTimeout(250);
        const state = (await breakerOfPosts()) ?? 'closed';
        if (opened.at(-1) !== state) opened.push(state);
      }
    };
    const flap = async () => {
      for (let time = 0; time < 2; time++) {
        for (const target of ['posts', 'social']) await api.fault(target, { kind: 'error' });
        await askFor10s(seen.down, () => opened.includes('open'));
        await api.clearFaults();
        await askFor10s(seen.up, () => true);
      }
    };
    const { result, requests } = await during(api, 'social', () => during(api, 'posts', flap));

    const all = [...seen.up, ...seen.down];
    expect(all.map(({ status }) => status)).toEqual(Array(all.length).fill(200));
    // Each makes one, and on a busy machine some make another beside one that takes long.
    expect(requests).toBeGreaterThanOrEqual(all.length);
    expect(requests).toBeLessThanOrEqual(1.1 * all.length);
    expect(seen.down.filter(({ body }) => body.friendCount !== null)).toEqual([]);
    // On a busy machine one may be late.
    const late = seen.up.filter(({ body }) => body.friendCount === null);
    expect(late.length).toBeLessThan(seen.up.length / 20);
    // While it is open nothing is asked of posts, so that there is less of it than requests in spite of all retries.
    expect(result.requests).toBeLessThan(all.length);
    expect(opened.filter((state) => state === 'open').length).toBeLessThanOrEqual(2);
  });
});
