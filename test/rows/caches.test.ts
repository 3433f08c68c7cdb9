import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf, type Profile } from '../support/api.ts';
import { askFor, DEADLINE_MS, during, inTurn, keepInCaches, unasked } from '../support/asked.ts';
import { type CachedApp, startCachedApp } from '../support/cached-app.ts';
import { sideBySide } from '../support/side-by-side.ts';

const USER_TTL_MS = 300_000;

let app: CachedApp;
beforeAll(async () => {
  app = await startCachedApp();
});
afterAll(() => app.run.stop());
beforeEach(() => app.api.clearFaults());

const next = unasked([10, 499], [501, 999]);
/** There are no such users, and services that are asked about them do not mind. */
const nextUnknown = unasked([900_000, 900_009]);
/** Of the stand-in: id × 37 modulo 500. */
const nextFriendless = unasked([500, 500], [1_000, 1_000]);
const someIds = (count: number) => Array.from({ length: count }, next);
const ask = (id: number) => askFor(app.api, id);
const change = { name: 'Ada Byron', email: 'ada@example.com' };
const put = async (id: number) => (await bodyOf<Profile>(await app.api.put(id, randomUUID(), change))).user;
/** Puts the clocks of all environments ahead, or back to the right time. */
const setClocks = async (clockOffsetMs: number) => {
  for (const { pid } of await app.readers.list()) await app.readers.change(pid, { clockOffsetMs });
};
const cached = () => keepInCaches(app.api, next());

describe('the table of the caches', () => {
  it.each([
    ['a value that somebody has changed', { value: { S: '{"id":"1","name":"Eve","version":1}' } }],
    ['a value that is no JSON', { value: { S: '{"id":' } }],
    ['another date', { since: { N: '4102444800000' } }],
    ['something else altogether', { id: { N: '7' }, value: { N: '7' } }],
  ])('F04: holds %s: a miss, which is logged, and the entry is replaced', async (_, spoilt) => {
    const id = await cached();
    await app.table.spoil('users', String(id), spoilt);
    const printed = app.run.output().length;

    const { result, requests } = await during(app.api, 'users', () => ask(id));

    expect(result.body).toMatchObject({ user: { id: String(id) }, degraded: [], sources: { user: 'live' } });
    expect(requests).toBe(1);
    expect(app.run.output().slice(printed)).toMatch(
      /Cache \\?"users\\?" has found what no cache has written/,
    );
    const { value } = (await app.table.entry('users', String(id))) ?? {};
    expect(JSON.parse(value?.S ?? '')).toMatchObject({ id: String(id) });
    expect((await ask(id)).body.sources['user']).toBe('cache');
  });

  it('F06: holds that there is no such user, or a count of 0: a hit, and nobody is asked again', async () => {
    const askTwice = async (path: string) => {
      const answers = await inTurn(2, async () => (await app.api.get(path)).status);
      return answers;
    };
    const unknown = nextUnknown();
    const resilient = await during(app.api, 'users', () => askTwice(`/api/profiles/${unknown}`));
    const naive = await during(app.api, 'users', () => askTwice(`/api/naive/profiles/${unknown}`));
    expect([resilient.result, resilient.requests]).toEqual([[404, 404], 1]);
    expect([naive.result, naive.requests]).toEqual([[404, 404], 2]);

    const friendless = nextFriendless();
    const social = await during(app.api, 'social', () => inTurn(2, () => ask(friendless)));
    expect(social.requests).toBe(1);
    expect(social.result.map(({ body }) => body.friendCount)).toEqual([0, 0]);
    expect(social.result[1]?.body.sources['friendCount']).toBe('cache');
  });
});

describe('a changed user', () => {
  it('is seen by its own caller at once, whichever environment answers', async () => {
    await app.readers.start(4, () => ask(next()));
    const id = await cached();
    for (let round = 0; round < 5; round++) {
      const { version } = await put(id);
      const seen = await Promise.all(Array.from({ length: 4 }, () => ask(id)));
      expect(seen.map(({ body }) => body.user.version)).toEqual(Array(4).fill(version));
      expect(seen[0]?.body.user.name).toBe(change.name);
    }
  });

  it('F07: without an event is seen when the time of the cached one is over, and not before', async () => {
    const id = await cached();
    const before = (await ask(id)).body.user;
    await app.table.changeUser(id, { name: 'Grace', version: before.version + 1 });
    expect((await ask(id)).body).toMatchObject({ user: before, sources: { user: 'cache' } });
    const naive = await bodyOf<Profile>(await app.api.get(`/api/naive/profiles/${id}`));
    expect(naive.user.name).toBe('Grace');

    await setClocks(USER_TTL_MS + 1_000);
    expect((await ask(id)).body).toMatchObject({
      user: { name: 'Grace', version: before.version + 1 },
      sources: { user: 'live' },
    });
    await app.readers.killAll();
  });

  it('F07: keeps its place against an older one that is read late', async () => {
    const id = await cached();
    const { version } = await put(id);
    // As a replica that lags, or a restored table.
    await app.table.changeUser(id, { name: 'Of old', version: version - 1 });
    await app.table.expire('users', String(id));
    const { requests } = await during(app.api, 'users', () => ask(id));
    expect(requests).toBe(1);
    expect((await app.table.entry('users', String(id)))?.['version']?.N).toBe(String(version));
  });
});

describe('the user database', () => {
  it.each([
    ['F08', { kind: 'refuse' }],
    ['F11', { kind: 'hang' }],
  ])(
    '%s: shows %j: who was asked for before is answered from the cache, and the others with 503',
    async (row, fault) => {
      const ids = await inTurn(5, cached);
      const { resilient, naive } = await sideBySide(app.api, `${row}, asked for before`, {
        ...{ ids, everyMs: 100, sandboxes: 2 },
        arrange: () => app.api.fault('users', fault),
      });
      expect(resilient.availability).toBe(1);
      expect(resilient.attempts.users).toBe(0);
      expect(naive.availability).toBe(0);

      const unknown = await sideBySide(app.api, `${row}, never asked for`, {
        ...{ ids: someIds(3), everyMs: 1_500, sandboxes: 2 },
        arrange: () => app.api.fault('users', fault),
      });
      for (const { status, retryAfter, durationMs } of unknown.resilient.answers) {
        expect(status).toBe(503);
        expect(Number(retryAfter)).toBeGreaterThan(0);
        expect(durationMs).toBeLessThan(DEADLINE_MS);
      }
    },
  );

  it.each([
    ['F08', { kind: 'refuse' }],
    ['F11', { kind: 'hang' }],
  ])(
    '%s: shows %j for longer than a user is fresh: the stale one, marked, which no client keeps',
    async (_, fault) => {
      const id = await cached();
      await app.api.fault('users', fault);
      await setClocks(USER_TTL_MS + 1_000);
      const startedAt = performance.now();
      const response = await app.api.get(`/api/profiles/${id}`);
      expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('profile-sources')).toContain('user=stale');
      expect(await bodyOf<Profile>(response)).toMatchObject({ user: { id: String(id) }, degraded: ['user'] });
      await app.readers.killAll();
    },
  );
});
