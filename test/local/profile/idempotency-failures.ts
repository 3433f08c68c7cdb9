import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../support/api.ts';
import type { ProfileRun } from '../../support/profile-run.ts';
import type { Views } from '../../support/views.ts';

export const idempotencyFailures = (theRun: () => Promise<ProfileRun>) =>
  describe('idempotency in the profile app', () => {
    let api: Api;
    let views: Views;
    beforeAll(async () => {
      ({ api, views } = await theRun());
    });
    afterEach(async () => {
      await api.clearFaults();
      await killAll();
    });

    const change = { name: 'Ada Byron', email: 'ada@example.com' };
    const sandboxes = async () =>
      (await api.state()).functions.find(({ name }) => name === 'PutProfile')?.sandboxes ?? [];
    const isBusy = async () => (await sandboxes()).some(({ state }) => state === 'busy');
    const send = (method: string, pid: number | undefined, body?: object) =>
      api.get(`/_fibrin/sandboxes/${pid}`, { method, ...(body && { body: JSON.stringify(body) }) });

    /**
     * Ends every sandbox, and with them the clocks that were put ahead. One that is still to start has no process yet: it
     * may be one that takes several requests at once and outlives their timeout.
     */
    async function killAll(): Promise<void> {
      const leftAfterKilling = async () => {
        const all = await sandboxes();
        for (const { pid } of all) if (pid !== undefined) await send('DELETE', pid);
        return all;
      };
      await expect.poll(leftAfterKilling, { interval: 5 }).toEqual([]);
    }

    /** Kills what works on a change, and sets the clock of whoever comes next. */
    async function killAndSetClock(clockOffsetMs: number): Promise<void> {
      await killAll();
      // A request of its own starts the next sandbox.
      await api.put(999, undefined, change);
      for (const { pid } of await sandboxes()) await send('PUT', pid, { clockOffsetMs });
    }
    const killAndGoPastTheLease = () => killAndSetClock(60_000);

    /** Sends a change until it is answered: a busy machine may answer a cold sandbox's first with 503. */
    const sendAgain = (id: number, key: string) =>
      expect.poll(async () => (await api.put(id, key, change)).status).toBe(200);

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
          await killAll();
        }
        expect(await views.written(300)).toBe(before + delaysMs.length);
      });

      it('that runs into the timeout of its function is neither answered from memory nor made beside itself', async () => {
        const before = await views.written(301);
        const key = randomUUID();
        await api.fault('users', { kind: 'hang' });
        expect((await api.put(301, key, change)).status).toBe(500);
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
