import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, during } from '../support/asked.ts';
import { type OutageRun, startOutageRun } from '../support/outage-run.ts';

// A file of its own: it takes 40 s, nearly all of which it waits.
let outage: OutageRun;
beforeAll(async () => {
  outage = await startOutageRun();
});
afterAll(() => outage.run.stop());
beforeEach(() => outage.api.clearFaults());
beforeEach(() => outage.startAfresh());

describe('posts and friend count', () => {
  it('F30: flap, and the friend count with them: missing while they are down, nothing asked for more often', async () => {
    const { api, askFour, breakerOfPosts } = outage;
    const opened: string[] = [];
    const seen = { up: [] as Asked[], down: [] as Asked[] };
    /** On a busy machine it takes longer to be sure. */
    const askFor10s = async (into: Asked[], isOver: () => boolean) => {
      for (const endsAt = performance.now() + 10_000; performance.now() < endsAt || !isOver(); ) {
        into.push(...(await askFour()));
        await setTimeout(100);
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
    expect(requests).toBe(all.length);
    expect(seen.down.filter(({ body }) => body.friendCount !== null)).toEqual([]);
    // On a busy machine one may be late.
    const late = seen.up.filter(({ body }) => body.friendCount === null);
    expect(late.length).toBeLessThan(seen.up.length / 20);
    // While it is open nothing is asked of posts, so that there is less of it than requests in spite of all retries.
    expect(result.requests).toBeLessThan(all.length);
    expect(opened.filter((state) => state === 'open').length).toBeLessThanOrEqual(2);
  });
});
