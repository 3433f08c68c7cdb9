import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { profileEvents } from '../../../functions/shared/profile-event.ts';
import { seededRandom } from '../../../lib/testing/index.ts';
import { type Api, bodyOf, type Profile } from '../../support/api.ts';
import { cacheTableOf } from '../../support/cache-table.ts';
import { hasJava } from '../../support/engines.ts';
import { eventually } from '../../support/eventually.ts';
import type { ProfileRun } from '../../support/profile-run.ts';
import type { Views } from '../../support/views.ts';

export const changedProfiles = (theRun: () => Promise<ProfileRun>) =>
  describe('events of the profile app', () => {
    let api: Api;
    let views: Views;
    beforeAll(async () => {
      ({ api, views } = await theRun());
    });
    afterEach(() => api.clearFaults());

    const change = { name: 'Ada Byron', email: 'ada@example.com' };
    const put = async (id: number) => (await bodyOf<Profile>(await api.put(id, randomUUID(), change))).user;
    const reached = async (id: number, version: number) => {
      await eventually(() => views.version(id)).toBe(version);
      await eventually(async () => (await views.journal()).has(`${id}#${version}`)).toBe(true);
    };
    const median = (values: readonly number[]) =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

    describe('a changed profile', () => {
      it('reaches the read model and the journal', async () => {
        const { version } = await put(100);
        await reached(100, version);
      });

      it('does so again and again; how long it takes is printed', async () => {
        const tookMs: number[] = [];
        for (let id = 101; id <= 111; id++) {
          const startedAt = performance.now();
          const { version } = await put(id);
          await reached(id, version);
          tookMs.push(performance.now() - startedAt);
        }
        console.log(
          `change to both consumers: p50 ${Math.round(median(tookMs))} ms, ${Math.round(Math.min(...tookMs))} to ${Math.round(Math.max(...tookMs))} ms, ${tookMs.length} changes`,
        );
        expect(tookMs).toHaveLength(11);
      });

      it('is seen by all who have the former one in the cache, also where the function that wrote it was killed before it could say so', async () => {
        const id = 113;
        const table = await cacheTableOf(api);
        await expect.poll(async () => (await api.profile(id)).degraded).toEqual([]);
        const { version } = (await api.profile(id)).user;
        const user = {
          id: String(id),
          name: 'Grace Hopper',
          email: 'grace@example.com',
          version: version + 1,
        };
        const origin = { now: Date.now(), correlationId: undefined };

        await table.changeUser(id, { ...user, events: profileEvents(user, user.email, origin) });

        await eventually(async () => (await api.profile(id)).user).toMatchObject({
          ...{ name: 'Grace Hopper', version: version + 1 },
        });
      });

      it('is published once the bus takes events again, when it was down', async () => {
        await api.fault('bus', { kind: 'error' });
        const { version } = await put(120);
        await eventually(
          async () => (await api.state()).functions.find(({ name }) => name === 'Relay')?.invocations,
        ).toBeGreaterThan(0);
        expect(await views.version(120)).toBe(0);
        await api.clearFaults();
        await reached(120, version);
      });

      it('is published although the bus loses some of the events that it is given', async () => {
        await api.fault('bus', { kind: 'corrupt' });
        const written = await Promise.all([130, 131, 132, 133, 134].map(put));
        await api.clearFaults();
        for (const [index, { version }] of written.entries()) await reached(130 + index, version);
      });
    });

    /** Profiles that are changed ten times each: 10 here, 50 in `npm run test:chaos`. */
    const PROFILES = Number(process.env['FIBRIN_CHAOS_PROFILES'] ?? 10);

    describe('changes while functions are killed at random', () => {
      it('are all reflected, and none is lost', async () => {
        const random = seededRandom(7);
        let kills = 0;
        const kill = async () => {
          const { functions } = await api.state();
          const pids = functions.flatMap(({ sandboxes }) => sandboxes.map(({ pid }) => pid));
          const pid = pids[Math.floor(random.next() * pids.length)];
          // One that has ended by itself in the meantime is 404.
          if (pid && (await api.get(`/_fibrin/sandboxes/${pid}`, { method: 'DELETE' })).ok) kills++;
        };
        /** Ten changes of one profile that were acknowledged. One that was not may have been made all the same. */
        const changeTen = async (id: number) => {
          for (let acknowledged = 0; acknowledged < 10; ) {
            const changing = api.put(id, randomUUID(), change);
            if (random.next() < 0.1) await kill();
            if ((await changing).status === 200) acknowledged++;
          }
        };
        const ids = Array.from({ length: PROFILES }, (_, index) => 201 + index);
        const queue = [...ids];
        const worker = async () => {
          for (let id = queue.shift(); id !== undefined; id = queue.shift()) await changeTen(id);
        };
        await Promise.all(Array.from({ length: 4 }, worker));

        const final = await Promise.all(ids.map(async (id) => [id, await views.written(id)] as const));
        for (const [id, version] of final) await eventually(() => views.version(id)).toBe(version);
        const versions = final.flatMap(([id, last]) =>
          Array.from({ length: last - 1 }, (_, index) => `${id}#${index + 2}`),
        );
        console.log(
          `${versions.length} changes made, ${PROFILES * 10} acknowledged, ${kills} sandboxes killed`,
        );
        expect(versions.length).toBeGreaterThanOrEqual(PROFILES * 10);
        expect(kills).toBeGreaterThan(PROFILES / 3);
        // Where the engine has no streams, several changes of a profile in a second are one.
        const wanted = hasJava ? versions : final.map(([id, last]) => `${id}#${last}`);
        const missing = async () => {
          const journal = await views.journal();
          return wanted.filter((version) => !journal.has(version));
        };
        await eventually(missing).toEqual([]);
        const { queues } = await api.state();
        expect(queues.flatMap(({ deadLetters = [] }) => deadLetters)).toEqual([]);
      }, 120_000);
    });
  });
