import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../support/api.ts';
import type { ProfileRun, ProfileTransport } from '../../support/profile-run.ts';
import { type Sandboxes, sandboxesIn } from '../../support/sandboxes.ts';
import type { Views } from '../../support/views.ts';

export const idempotencyFailures = (
  theRun: () => Promise<ProfileRun>,
  transport: ProfileTransport = 'lean',
) =>
  describe('idempotency in the profile app', () => {
    let api: Api;
    let views: Views;
    let writers: Sandboxes;
    beforeAll(async () => {
      ({ api, views } = await theRun());
      writers = sandboxesIn(api, 'PutProfile');
    });
    afterEach(async () => {
      await api.clearFaults();
      await writers.killAll();
    });

    const change = { name: 'Ada Byron', email: 'ada@example.com' };
    const isBusy = async () => (await writers.list()).some(({ state }) => state === 'busy');

    /** Kills what works on a change, and sets the clock of whoever comes next. */
    async function killAndSetClock(clockOffsetMs: number): Promise<void> {
      await writers.killAll();
      // A request of its own starts the next sandbox.
      await api.put(999, undefined, change);
      for (const { pid } of await writers.list()) await writers.change(pid, { clockOffsetMs });
    }
    const killAndGoPastTheLease = () => killAndSetClock(60_000);

    /** Sends a change until it is answered: a busy machine may answer a cold sandbox's first with 503. */
    const sendAgain = (id: number, key: string) =>
      expect.poll(async () => (await api.put(id, key, change)).status).toBe(200);

    /** A change whose user cannot be read. The SDK waits for that as long as it may; the lean transport would give up before. */
    async function putUntilTimeout(id: number, key: string): Promise<Response> {
      await api.fault('users', { kind: 'hang' });
      const { requests } = await api.traffic('users');
      const answer = api.put(id, key, change);
      if (transport === 'lean') {
        const pid = await writers.busy();
        await expect.poll(async () => (await api.traffic('users')).requests).toBeGreaterThan(requests);
        await writers.change(pid, { frozen: true });
      }
      return answer;
    }

    describe('a change of a profile', () => {
      it('whose sandbox is killed at any moment happens exactly once when it is sent again', async () => {
        const before = await views.written(300);
        const delaysMs = [0, 40, 120];
        for (const delayMs of delaysMs) {
          const key = randomUUID();
          // Everything on the way is slow, so that the kills fall on all of it.
          await api.fault('users', { kind: 'latency', ms: 60 });
          await api.fault('resilience', { kind: 'latency', ms: 60 });
          const first = api.put(300, key, change);
          await expect.poll(isBusy, { interval: 1 }).toBe(true);
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          await killAndGoPastTheLease();
          await first;
          await api.clearFaults();
          await sendAgain(300, key);
          await writers.killAll();
        }
        expect(await views.written(300)).toBe(before + delaysMs.length);
      });

      it('that runs into the timeout of its function is neither answered from memory nor made beside itself', async () => {
        const before = await views.written(301);
        const key = randomUUID();
        expect((await putUntilTimeout(301, key)).status).toBe(500);
        // Where Middy answered 5 ms before the timeout, the run is still alive and would go on. A clock that is behind leaves
        // the lease status however long the next sandbox takes to start.
        await killAndSetClock(-5_000);
        await api.clearFaults();
        const retry = await api.put(301, key, change);
        expect(retry.status).toBe(409);
        expect(Number(retry.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
        expect(await views.written(301)).toBe(before);
        await killAndGoPastTheLease();
        await sendAgain(301, key);
        expect(await views.written(301)).toBe(before + 1);
      });

      it('is recognised as one’s own where the answer of the table was lost', async () => {
        const before = await views.written(302);
        await api.fault('resilience', { kind: 'lost-answer', rate: 0.4 });
        const keys = Array.from({ length: 8 }, () => randomUUID());
        for (const key of keys) {
          const response = await api.put(302, key, change);
          // Three answers lost in a row are an answer that is not known: never one that says that it failed.
          expect([200, 503]).toContain(response.status);
        }
        await api.clearFaults();
        await killAndGoPastTheLease();
        for (const key of keys) await sendAgain(302, key);
        expect(await views.written(302)).toBe(before + keys.length);
      });

      it('is replayed and says so, and never to another caller’s key', async () => {
        const key = randomUUID();
        const first = await api.put(303, key, change);
        const replay = await api.put(303, key, change);
        expect(first.headers.get('idempotent-replayed')).toBeNull();
        expect(replay.headers.get('idempotent-replayed')).toBe('true');
        expect(await replay.text()).toBe(await first.text());
      });
    });
  });
