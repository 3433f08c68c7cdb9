import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../support/api.ts';
import { askFor, during, inTurn, unasked } from '../../support/asked.ts';
import type { ProfileRun } from '../../support/profile-run.ts';
import { type Sandboxes, sandboxesIn } from '../../support/sandboxes.ts';
import type { Views } from '../../support/views.ts';

/** What the platform and the resilience table do to the profile app, on whichever transport it runs. */
/** A claim waits 3 s for the store, and starts once its sandbox has loaded. */
const STORE_WAIT_MS = 2_000;

export const platformFailures = (theRun: () => Promise<ProfileRun>) =>
  describe('the profile app', () => {
    let api: Api;
    let views: Views;
    let run: ProfileRun['run'];
    let readers: Sandboxes;
    let writers: Sandboxes;
    beforeAll(async () => {
      ({ api, views, run } = await theRun());
      readers = sandboxesIn(api, 'GetProfile');
      writers = sandboxesIn(api, 'PutProfile');
    });
    afterEach(async () => {
      await api.clearFaults();
      // With their clocks.
      await readers.killAll();
      await writers.killAll();
    });

    const change = { name: 'Ada Byron', email: 'ada@example.com' };
    const put = (id: number, key: string) => api.put(id, key, change);
    const next = unasked([720, 1_000]);
    const ask = () => askFor(api, next());
    /** On a busy machine the first of a cold sandbox may lack a part. */
    const expectWhole = () => expect.poll(async () => (await ask()).body.degraded).toEqual([]);
    const expectWritten = (id: number, key: string) =>
      expect.poll(async () => (await put(id, key)).status).toBe(200);

    describe('F39: frozen in the middle of traffic and thawed ten minutes later', () => {
      it('answers as ever, on new connections and with what the breaker is by then', async () => {
        const printed = run.output().length;
        const key = randomUUID();
        await expectWritten(700, key);
        await expectWhole();
        // What is given up is still under way when the sandbox stops.
        await api.fault('posts', { kind: 'hang' });
        await ask();
        const all = async () => [...(await readers.list()), ...(await writers.list())];
        // One that is stopped before it asks for its next invocation would run into its timeout.
        await expect.poll(async () => (await all()).filter(({ state }) => state !== 'frozen')).toEqual([]);
        const frozen = await all();
        expect(frozen.length).toBeGreaterThanOrEqual(2);
        for (const { pid } of frozen) await readers.change(pid, { clockOffsetMs: 600_000 });
        await setTimeout(5_000);
        await api.get('/_fibrin/sandboxes/idle-sockets', { method: 'DELETE' });
        await api.clearFaults();

        const { result, requests } = await during(api, 'resilience', () => ask());
        expect(result.status).toBe(200);
        expect(result.body.sources).toMatchObject({ user: 'live' });
        expect(requests).toBeGreaterThan(0);
        const replay = await put(700, key);
        expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
        expect((await put(700, randomUUID())).status).toBe(200);
        await expectWhole();
        const pids = (await all()).map(({ pid }) => pid);
        expect(pids).toEqual(expect.arrayContaining(frozen.map(({ pid }) => pid)));
        expect(run.output().slice(printed)).not.toMatch(
          /unhandledRejection|uncaughtException|ECONNRESET|EPIPE|hang up/,
        );
      });
    });

    describe('F42: clocks five seconds apart', () => {
      it.each([
        ['ahead', 5_000],
        ['behind', -5_000],
      ])('let no change happen twice where the second one is %s', async (_, clockOffsetMs) => {
        const before = await views.written(701);
        const [first, second] = await writers.start(2, () => put(702, randomUUID()));
        const key = randomUUID();
        await api.fault('users', { kind: 'latency', ms: 1_500 });
        const { requests } = await api.traffic('users');
        const running = put(701, key);
        const busy = await writers.busy();
        // It holds the key before others come with it.
        await expect.poll(async () => (await api.traffic('users')).requests).toBeGreaterThan(requests);
        await writers.change(busy === first ? second : first, { clockOffsetMs });
        const others: number[] = [];
        let isOver = false;
        void running.then(() => {
          isOver = true;
        });
        while (!isOver) others.push((await put(701, key)).status);
        expect((await running).status).toBe(200);
        expect(others.length).toBeGreaterThan(0);
        // While it runs the others are told so; the last one may be its replay.
        expect(others.filter((status) => status !== 409 && status !== 200)).toEqual([]);
        expect(others[0]).toBe(409);
        await api.clearFaults();
        expect((await put(701, key)).headers.get('idempotent-replayed')).toBe('true');
        expect(await views.written(701)).toBe(before + 1);
      });

      it('leave no breaker open', async () => {
        const [one] = await readers.start(2, () => ask());
        await readers.change(one, { clockOffsetMs: 5_000 });
        const askTwo = () => Promise.all([ask(), ask()]);
        const breaker = async () => (await api.state()).breakers.find(({ name }) => name === 'posts')?.state;
        await api.fault('posts', { kind: 'error' });
        await expect
          .poll(async () => {
            await askTwo();
            return breaker();
          })
          .toBe('open');
        await api.clearFaults();
        await expect
          .poll(async () => (await askTwo()).map(({ body }) => body.sources['posts']), { interval: 200 })
          .toEqual(['live', 'live']);
      });
    });

    describe('F43: the resilience table', () => {
      it.each([{ kind: 'error' }, { kind: 'refuse' }, { kind: 'throttle' }, { kind: 'latency', ms: 2_000 }])(
        'shows %j: profiles are read as ever, and none is written unprotected',
        async (fault) => {
          await expectWhole();
          const before = await views.written(705);
          await api.fault('resilience', fault);
          for (const { status, body } of await inTurn(4, () => ask())) {
            expect(status).toBe(200);
            expect(body.sources).toMatchObject({ user: 'live' });
          }
          await expectWhole();
          const key = randomUUID();
          const { result, requests } = await during(api, 'users', () => put(705, key));
          if (fault.kind !== 'latency' || result.status !== 200) {
            expect(result.status).toBe(503);
            expect(Number(result.headers.get('retry-after'))).toBeGreaterThan(0);
          }
          if (fault.kind !== 'latency') {
            // Not even read, for a change that must not begin.
            expect(requests).toBe(0);
            expect(await views.written(705)).toBe(before);
          }
          await api.clearFaults();
          await expectWritten(705, key);
          expect(await views.written(705)).toBe(before + 1);
        },
      );
    });

    // Twenty processes that start at once share the machine with others.
    it('answers each of twenty cold sandboxes within 5 s of its start, and runs their one key once', {
      retry: 2,
    }, async () => {
      await expectWritten(706, randomUUID());
      const { requests: ofOneRun } = await during(api, 'users', () => expectWritten(706, randomUUID()));
      await writers.killAll();
      const before = await views.written(706);
      const key = randomUUID();
      // None is ready for another request before all of them are there.
      await api.fault('resilience', { kind: 'hang' });
      const { result, requests } = await during(api, 'users', () =>
        writers.firstAnswers(20, {
          request: async () => (await put(706, key)).status,
          onceAllAreBusy: () => api.clearFaults(),
        }),
      );
      const { statuses, firstAnswersMs, busyAfterMs } = result;
      const others = statuses.filter((status) => status !== 200 && status !== 409);
      if (busyAfterMs < STORE_WAIT_MS) {
        expect(statuses).toContain(200);
        expect(others).toEqual([]);
        expect(Math.max(...firstAnswersMs)).toBeLessThan(5_000);
        expect(requests).toBe(ofOneRun);
      } else {
        // The machine took longer to start them than the first ones wait for the store.
        expect(others.filter((status) => status !== 503)).toEqual([]);
        await expect.poll(async () => (await put(706, key)).status).toBe(200);
      }
      expect((await put(706, key)).headers.get('idempotent-replayed')).toBe('true');
      expect(await views.written(706)).toBe(before + 1);
    });
  });
