import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Api, bodyOf, breakerStateOf, type Profile } from '../../support/api.ts';
import { forgetAll, unasked } from '../../support/asked.ts';
import type { StartedRun } from '../../support/local-run.ts';
import type { ProfileRun } from '../../support/profile-run.ts';

export const profileRequests = (theRun: () => Promise<ProfileRun>) =>
  describe('the profile app', () => {
    let run: StartedRun;
    let api: Api;
    beforeAll(async () => {
      ({ run, api } = await theRun());
    });
    afterEach(() => api.clearFaults());
    // Not those of the other suites of this run.
    const next = unasked([420, 599], [820, 998]);

    /** A profile with all of its parts: on a busy machine the first of a cold sandbox may come without some. */
    async function wholeProfile(idOf = next): Promise<Profile> {
      let profile: Profile | undefined;
      await expect
        .poll(async () => {
          profile = await api.profile(idOf());
          return profile.degraded;
        })
        .toEqual([]);
      if (profile === undefined) throw new Error('expected a profile');
      return profile;
    }

    const stateOfPosts = async () => {
      await Promise.all([1, 2, 3, 4].map(() => api.profile(next())));
      return breakerStateOf(api, 'posts');
    };
    /** Asks until the breaker of posts is open. A fleet that makes few calls a second has to be told so first. */
    const expectToOpen = () => expect.poll(stateOfPosts).toBe('open');

    const change = { name: 'Ada Byron', email: 'ada@example.com' };

    describe('reading a profile', () => {
      it('brings all parts live when nothing is wrong', async () => {
        const profile = await wholeProfile();
        expect(profile).toMatchObject({
          degraded: [],
          sources: { user: 'live', posts: 'live', friendCount: 'live' },
        });
        expect(profile.posts.length).toBeGreaterThan(0);
        expect(profile.friendCount).toEqual(expect.any(Number));
      });

      it('is a 304 for a client that has it, and is sent again when it was changed', async () => {
        const { user } = await wholeProfile(() => 299);
        const path = `/api/profiles/${user.id}`;
        const first = await api.get(path);
        expect(first.headers.get('cache-control')).toBe('private, no-cache');
        const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
        const again = await api.get(path, { headers });
        expect([again.status, await again.text()]).toEqual([304, '']);
        expect(again.headers.get('etag')).toBe(headers['if-none-match']);

        expect((await api.put(user.id, randomUUID(), change)).status).toBe(200);
        const changed = await api.get(path, { headers });
        expect(changed.status).toBe(200);
        expect((await bodyOf<Profile>(changed)).user).toMatchObject({ name: change.name });
      });

      it('gives the same profile as the naive function while nothing is wrong', async () => {
        const naive = await bodyOf<Profile>(await api.get('/api/naive/profiles/12'));
        const { user, posts, friendCount } = await wholeProfile(() => 12);
        expect({ user, posts, friendCount }).toEqual({
          user: naive.user,
          posts: naive.posts,
          friendCount: naive.friendCount,
        });
      });

      it.each([
        { kind: 'hang' },
        { kind: 'error' },
        { kind: 'corrupt' },
        { kind: 'reset' },
        { kind: 'latency', ms: 6_000 },
        { kind: 'refuse' },
        { kind: 'throttle' },
      ])(
        'is answered without posts while they show $kind, where the naive function hangs or fails',
        async (fault) => {
          await api.fault('posts', fault);
          const giveUp = new AbortController();
          let naiveStatus: number | 'waiting' = 'waiting';
          const naive = api
            .get('/api/naive/profiles/3', { signal: giveUp.signal })
            .then((response) => {
              naiveStatus = response.status;
            })
            .catch(() => undefined);
          // On a busy machine the friend count may once be late as well.
          await expect
            .poll(() => api.profile(next()))
            .toMatchObject({
              posts: [],
              degraded: ['posts'],
              sources: { user: 'live', posts: 'fallback' },
            });
          if (naiveStatus === 'waiting' && !['hang', 'latency'].includes(fault.kind)) await naive;
          expect(naiveStatus).not.toBe(200);
          giveUp.abort();
          await naive;
        },
      );

      it('is live again after the faults are gone, once the breaker has let a probe through', async () => {
        await api.fault('posts', { kind: 'error' });
        await expectToOpen();
        await api.clearFaults();
        // Three probes in a row have to succeed, and then more and more calls are made: a probe is one that comes live too.
        const stateOnceCalled = async () => {
          await api.profile(next());
          return stateOfPosts();
        };
        await expect.poll(stateOnceCalled, { interval: 1_000 }).toBe('closed');
        await expect.poll(async () => (await api.profile(next())).degraded, { interval: 200 }).toEqual([]);
      });

      it('no longer waits for posts that hang once a few calls have', async () => {
        await api.fault('posts', { kind: 'hang' });
        await expectToOpen();
      });

      it('degrades both parts that are not critical, each by itself', async () => {
        await api.fault('posts', { kind: 'error' });
        await api.fault('social', { kind: 'hang' });
        expect(await api.profile(next())).toMatchObject({
          posts: [],
          friendCount: null,
          degraded: ['posts', 'friendCount'],
        });
      });

      describe('whose tables fail', () => {
        // Their breakers may be open by then.
        afterAll(() => forgetAll(api));

        it.each(['hang', 'error', 'throttle', 'reset', 'refuse', 'corrupt'])(
          'is a 503 with Retry-After while the users show %s',
          async (kind) => {
            await api.fault('users', { kind });
            const response = await api.get(`/api/profiles/${next()}`);
            expect(response.status).toBe(503);
            expect(response.headers.get('content-type')).toBe('application/problem+json');
            expect(response.headers.get('retry-after')).toBe('1');
          },
        );

        it.each(['hang', 'error', 'throttle', 'latency'])(
          'does not need the resilience table: it shows %s and the profile is whole',
          async (kind) => {
            await api.fault('resilience', { kind, ms: 2_000 });
            await expect
              .poll(async () => (await api.profile(next())).sources)
              .toMatchObject({ user: 'live', friendCount: 'live' });
          },
        );
      });

      it.each([
        ['0', 400],
        ['-1', 400],
        ['1.5', 400],
        ['1e3', 400],
        ['abc', 400],
        ['__proto__', 400],
        ['constructor', 400],
        ['%00', 400],
        ['%ZZ', 400],
        ['%E0%A4%A', 400],
        ['..%2f..%2fetc', 400],
        ['1%23user', 400],
        ['9'.repeat(5_000), 400],
        ['1234567890', 400],
        ['%F0%9F%98%80', 400],
        ['1001', 404],
        ['999999999', 404],
      ])('refuses the id %.20s with a problem (%d)', async (id, status) => {
        const response = await api.get(`/api/profiles/${id}`);
        expect(response.status).toBe(status);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(await response.json()).toMatchObject({ status });
      });
    });

    describe('changing a profile', () => {
      it('happens once for one key however many come at once, and is replayed after', async () => {
        const upTo20 = Array.from({ length: 20 }, (_, n) => n);
        // On a busy machine the first of a cold sandbox may be a 503, and nobody may have its key until the lease ends.
        const others = () =>
          Promise.all(upTo20.map(async (n) => (await api.put(400 + n, randomUUID(), change)).status));
        await expect.poll(others).not.toContain(503);
        const before = (await api.profile(20)).user.version;
        const key = randomUUID();
        const responses = await Promise.all(upTo20.map(() => api.put(20, key, change)));
        const statuses = responses.map(({ status }) => status);
        expect(statuses).toContain(200);
        expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
        const bodies = new Set(
          await Promise.all(
            responses.filter(({ status }) => status === 200).map((response) => response.text()),
          ),
        );
        expect(bodies.size).toBe(1);
        for (const refused of responses.filter(({ status }) => status === 409)) {
          expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        }
        const replay = await api.put(20, key, change);
        expect(replay.status).toBe(200);
        expect(bodies).toContain(await replay.text());
        expect((await api.profile(20)).user.version).toBe(before + 1);
      });

      it('happens again for another key', async () => {
        const first = await bodyOf<Profile>(await api.put(21, randomUUID(), change));
        const second = await bodyOf<Profile>(await api.put(21, randomUUID(), change));
        expect(second.user.version).toBe(first.user.version + 1);
      });

      it('refuses a key that comes with another payload or another profile', async () => {
        const key = randomUUID();
        expect((await api.put(22, key, change)).status).toBe(200);
        expect((await api.put(22, key, { ...change, name: 'Eve' })).status).toBe(422);
        expect((await api.put(23, key, change)).status).toBe(422);
        expect((await api.profile(22)).user.name).toBe(change.name);
      });

      it('is a 503 and does not happen while the resilience table is down', async () => {
        const before = (await api.profile(24)).user.version;
        await api.fault('resilience', { kind: 'error' });
        const response = await api.put(24, randomUUID(), change);
        expect(response.status).toBe(503);
        await api.clearFaults();
        expect((await api.profile(24)).user.version).toBe(before);
      });

      it.each([
        ['no key', 400, undefined, change],
        ['an empty key', 400, '', change],
        ['a key of 300 characters', 400, 'k'.repeat(300), change],
        ['a body that is not JSON', 400, 'a', '{"name":'],
        ['an empty body', 400, 'a', ''],
        ['an array', 400, 'a', '[]'],
        ['null', 400, 'a', 'null'],
        ['a field that is missing', 400, 'a', { name: 'Ada' }],
        ['a field of the wrong type', 400, 'a', { ...change, name: { $ne: 1 } }],
        ['a field that is unknown', 400, 'a', { ...change, version: 9 }],
        ['prototype pollution', 400, 'a', '{"name":"a","email":"a@b.co","__proto__":{"admin":true}}'],
        [
          'constructor pollution',
          400,
          'a',
          '{"name":"a","email":"a@b.co","constructor":{"prototype":{"x":1}}}',
        ],
        ['a body over the limit', 413, 'a', { ...change, bio: 'x'.repeat(20_000) }],
        ['a body over the gateway’s limit', 413, 'a', 'x'.repeat(11 * 1_024 * 1_024)],
      ])('refuses %s with a problem (%d)', async (_, status, key, body) => {
        const response = await api.put(25, key === undefined ? undefined : `${key}`, body);
        expect(response.status).toBe(status);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect((await api.profile(25)).user.version).toBe(1);
      });
    });

    describe('health', () => {
      it('is shallow for everybody and deep where the authorizer stands', async () => {
        expect(await (await api.get('/api/health')).json()).toEqual({ status: 'ok' });
        // What others have opened closes when somebody calls again.
        const deep = async () => {
          await api.get(`/api/profiles/${next()}`);
          return (await api.get('/api/health/deep')).json();
        };
        await expect.poll(deep, { interval: 500 }).toMatchObject({
          status: 'ok',
          dependencies: {
            ...{ users: { status: 'ok' }, posts: { status: 'ok' } },
            postsBreaker: { status: 'ok', details: { admittedFraction: 1 } },
          },
        });
      });

      it('throttles above the reserved concurrency as an HTTP API does', async () => {
        const { concurrency = 0 } = (await api.state()).functions.find(({ name }) => name === 'Health') ?? {};
        const responses = await Promise.all(Array.from({ length: 40 }, () => api.get('/api/health')));
        const statuses = responses.map(({ status }) => status);
        const { sandboxes = [], throttles = 0 } =
          (await api.state()).functions.find(({ name }) => name === 'Health') ?? {};
        expect(sandboxes.length).toBeLessThanOrEqual(concurrency);
        expect(statuses.filter((status) => status === 503)).toHaveLength(throttles);
        expect(statuses.filter((status) => status === 200)).toHaveLength(40 - throttles);
      });
    });

    describe('the local run', () => {
      it('answers 5xx when the sandbox is killed in the middle of a request, and serves the next', async () => {
        await api.fault('users', { kind: 'hang' });
        const broken = api.get('/api/naive/profiles/8');
        const busy = async () =>
          (await api.state()).functions
            .find(({ name }) => name === 'GetProfileNaive')
            ?.sandboxes.find(({ state }) => state === 'busy');
        await expect.poll(busy).toBeDefined();
        process.kill((await busy())?.pid ?? 0, 'SIGKILL');
        expect((await broken).status).toBe(500);
        await api.clearFaults();
        expect((await api.get('/api/naive/profiles/8')).status).toBe(200);
      });

      it('freezes functions in the middle of abandoned work, closes their sockets, and nobody is the wiser', async () => {
        for (let round = 0; round < 3; round++) {
          await api.fault('posts', { kind: 'hang' });
          expect((await api.profile(next())).degraded).toEqual(['posts']);
          // The sandbox is frozen; the call that it gave up ends now, and with it every connection that it holds.
          await api.clearFaults();
          await api.get('/_fibrin/sandboxes/idle-sockets', { method: 'DELETE' });
          await expect
            .poll(async () => (await api.profile(next())).sources)
            .toMatchObject({ user: 'live', friendCount: 'live' });
        }
        expect(run.output()).not.toMatch(/unhandledRejection|uncaughtException/);
      });

      it.each([
        ['another host', { host: 'evil.example:80' }, 403, 403],
        ['no port', { host: '127.0.0.1' }, 403, 403],
        ['another origin', { origin: 'https://evil.example' }, 403, 200],
        ['a null origin', { origin: 'null' }, 403, 200],
        ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403, 200],
      ])('refuses a request from %s, to the app only by its host', async (_, headers, refused, ofApp) => {
        for (const [path, expected] of [
          ['/api/health', ofApp],
          ['/_fibrin/state', refused],
          ['/_fibrin/faults', refused],
        ] as const) {
          const status = await new Promise((resolve, reject) => {
            request(`${run.url}${path}`, { headers }, (response) => resolve(response.resume().statusCode))
              .on('error', reject)
              .end();
          });
          expect(status).toBe(expected);
        }
      });

      it('lets its own pages call it', async () => {
        expect((await api.get('/api/health', { headers: { origin: run.url } })).status).toBe(200);
      });

      it.each([
        ['posts', { kind: 'gremlin' }, 400, /one of error, latency, hang/],
        ['posts', { kind: 'error', rate: 2 }, 400, /`rate` to be a number from 0 to 1, got 2/],
        ['posts', { kind: 'error', colour: 'red' }, 400, /unknown member `colour`/],
        ['posts', [], 400, /expected a fault/],
        ['nothing', { kind: 'error' }, 404, /expected a target out of posts, social/],
      ])('refuses a fault it cannot do: %s %j', async (target, fault, status, reason) => {
        const response = await api.fault(target, fault);
        expect(response.status).toBe(status);
        expect((await bodyOf(response))['detail']).toMatch(reason);
      });

      it('says what a fault acts on', async () => {
        expect(await (await api.fault('bus', { kind: 'error' })).json()).toMatchObject({
          affects: ['Public', 'Internal', 'Restricted'].map((name) =>
            expect.stringMatching(new RegExp(`^event bus .*${name}`)),
          ),
        });
        expect(await (await api.fault('posts', { kind: 'error', rate: 0.5 })).json()).toMatchObject({
          fault: { kind: 'error', rate: 0.5 },
          affects: [expect.stringMatching(/^\/posts\//)],
        });
      });

      it('answers an unknown route as an HTTP API does', async () => {
        const response = await api.get('/nowhere');
        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({ message: 'Not Found' });
      });
    });
  });
