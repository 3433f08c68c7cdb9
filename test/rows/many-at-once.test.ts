import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askFor, during, keepInCaches, unasked } from '../support/asked.ts';
import { type CachedApp, startCachedApp } from '../support/cached-app.ts';
import { sandboxesIn, setCapacityOf } from '../support/sandboxes.ts';

const MEMORY_TTL_MS = 1_000;
/** There is no such user, and services that are asked about it do not mind. */
const UNKNOWN = 999_999;

let app: CachedApp;
beforeAll(async () => {
  app = await startCachedApp();
});
afterAll(() => app.run.stop());
beforeEach(() => app.api.clearFaults());

const next = unasked([10, 499], [501, 999]);
const ask = (id: number) => askFor(app.api, id);
const setCapacity = (requests: number) => setCapacityOf(app.api, app.readers, requests);
const cached = () => keepInCaches(app.api, next());

describe('several requests at once in each of twenty environments', () => {
  const AT_ONCE = 10;
  const ENVIRONMENTS = 20;
  /** Has all of them, ready for requests. Before, each is busy for a while with what no breaker minds. */
  async function start() {
    await setCapacity(AT_ONCE);
    await app.api.fault('social', { kind: 'hang' });
    await expect
      .poll(async () => {
        await Promise.all(Array.from({ length: AT_ONCE * ENVIRONMENTS }, () => ask(UNKNOWN)));
        return (await app.readers.list()).length;
      })
      .toBeGreaterThanOrEqual(ENVIRONMENTS);
    await app.api.clearFaults();
  }

  /** Asks two hundred times at once for one profile. */
  const askAtOnce = (id: number) =>
    Promise.all(Array.from({ length: AT_ONCE * ENVIRONMENTS }, () => ask(id)));

  it.each(['users', 'posts'])(
    'F05: a hot key of %s expires under two hundred requests: at most two loads, and all are served',
    async (cache) => {
      await start();
      const id = await cached();
      // What each environment has of it in memory is over by then.
      await setTimeout(MEMORY_TTL_MS);
      await app.table.expire(cache, String(id));
      const { result, requests } = await during(app.api, cache, () => askAtOnce(id));
      console.log(`F05 ${cache}: ${requests} loads for ${result.length} requests`);
      expect(result.map(({ status }) => status)).toEqual(Array(result.length).fill(200));
      expect(requests).toBeGreaterThan(0);
      expect(requests).toBeLessThanOrEqual(2);
    },
  );

  it('F05: a hot key that nobody has yet: at most two loads, and all are served', async () => {
    await start();
    const id = next();
    const posts = await during(app.api, 'posts', () => during(app.api, 'users', () => askAtOnce(id)));
    const { result, requests } = posts.result;
    console.log(`F05 none yet: users ${requests}, posts ${posts.requests} for ${result.length} requests`);
    expect(result.map(({ status }) => status)).toEqual(Array(result.length).fill(200));
    expect(Math.max(requests, posts.requests)).toBeLessThanOrEqual(2);

    const naive = await during(app.api, 'users', () =>
      Promise.all(result.map(() => app.api.get(`/api/naive/profiles/${id}`))),
    );
    expect(naive.requests).toBe(result.length);
  });
});

describe('new environments', () => {
  it('F40: fifty cold starts for one profile: all are served, and hardly any of them asks where it comes from', async () => {
    await setCapacity(1);
    await cached();
    const id = next();
    const coldStarts = async () =>
      (await app.api.state()).functions.find(({ name }) => name === 'GetProfile')?.coldStarts ?? 0;
    const before = await coldStarts();
    const posts = await during(app.api, 'posts', () =>
      during(app.api, 'social', async () => {
        while ((await coldStarts()) - before < 50) {
          await app.readers.killAll();
          const asked = await Promise.all(Array.from({ length: 40 }, () => ask(id)));
          expect(asked.map(({ status }) => status)).toEqual(Array(40).fill(200));
          expect(asked.filter(({ body }) => body.degraded.length > 0)).toEqual([]);
        }
      }),
    );
    console.log(
      `F40: ${(await coldStarts()) - before} cold starts; posts ${posts.requests}, social ${posts.result.requests}`,
    );
    expect(posts.requests).toBeLessThanOrEqual(2);
    expect(posts.result.requests).toBeLessThanOrEqual(2);

    await sandboxesIn(app.api, 'GetProfileNaive').killAll();
    const naive = await during(app.api, 'posts', () =>
      Promise.all(Array.from({ length: 40 }, () => app.api.get(`/api/naive/profiles/${id}`))),
    );
    expect(naive.result.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(naive.requests).toBe(40);
  });
});
