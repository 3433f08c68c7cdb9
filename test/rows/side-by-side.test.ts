import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, apiOf } from '../support/api.ts';
import { askFor, forgetAll, inTurn, keepInCaches, unasked } from '../support/asked.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';
import { sandboxesIn, setCapacityOf } from '../support/sandboxes.ts';
import { figuresOf, type SideFigures, sideBySide, TOTAL_MS } from '../support/side-by-side.ts';

/** What a call waits for the table of the caches at most. */
const STORE_TIMEOUT_MS = 100;
/** How much later a profile may come when the table refuses at once. */
const REFUSED_MS = 50;
/** How many calls of the users an environment makes at once at most. */
const USERS_AT_ONCE = 20;

let run: StartedRun;
let api: Api;
beforeAll(async () => {
  run = await startRun();
  api = apiOf(run.url);
});
afterAll(() => run.stop());

let next = unasked();
const someIds = (count: number) => Array.from({ length: count }, next);
beforeEach(async () => {
  await api.clearFaults();
  await forgetAll(api);
  next = unasked();
});

function expectAllLive({ availability, answers }: SideFigures): void {
  expect(availability).toBe(1);
  const parts = new Set(answers.flatMap(({ body }) => Object.values(body?.sources ?? {})));
  expect([...parts]).toEqual(['live']);
}

describe('the table of the caches', () => {
  it.each([
    ['F01', { kind: 'refuse' }, REFUSED_MS],
    ['F02', { kind: 'latency', ms: 2_000 }, STORE_TIMEOUT_MS + REFUSED_MS],
    ['F03', { kind: 'hang' }, STORE_TIMEOUT_MS + REFUSED_MS],
  ])('%s: shows %j: all is served live, and hardly later', async (row, fault, laterMs) => {
    const load = { everyMs: 100, sandboxes: 4 };
    const healthy = await figuresOf(api, 'resilient', { ...load, ids: someIds(30) });
    const { resilient, naive } = await sideBySide(api, row, {
      ...{ ...load, ids: someIds(30) },
      arrange: () => api.fault('cache', fault),
    });
    expectAllLive(resilient);
    expect(naive.availability).toBe(1);
    expect(resilient.p50Ms).toBeLessThanOrEqual(healthy.p50Ms + laterMs);
    // Each part is asked once of the table, and once of where it comes from.
    expect(resilient.attempts.cache).toBeLessThanOrEqual(3 * resilient.answers.length);
    expect(resilient.attempts.posts).toBe(resilient.answers.length);
  });
});

describe('the user database', () => {
  it('F09: answers after 4 s: no requests pile up, and most are refused at once', async () => {
    const { resilient, naive } = await sideBySide(api, 'F09', {
      ...{ everyMs: 100, sandboxes: 12, ids: someIds(100) },
      arrange: () => api.fault('users', { kind: 'latency', ms: 4_000 }),
    });
    for (const { status, retryAfter } of resilient.answers) {
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    // Most of them have come to no table, and to no wait.
    expect(resilient.attempts.users).toBeLessThan(0.5 * resilient.answers.length);
    expect(resilient.p50Ms).toBeLessThan(0.25 * TOTAL_MS);
    expect(naive.attempts.users).toBeGreaterThanOrEqual(naive.answers.length);
    expect(naive.availability).toBe(0);
  });
});

describe('traffic', () => {
  it('F31: grows by 40 % at once: no error, and no request waits much longer', async () => {
    const arrange = () => api.fault('social', { kind: 'latency', ms: 60 });
    const before = { sandboxes: 6, arrange, everyMs: 200, ids: someIds(40) };
    const step = { ...before, everyMs: 200 / 1.4, ids: someIds(56) };
    const base = await figuresOf(api, 'resilient', before);
    const { resilient, naive } = await sideBySide(api, 'F31', step);
    expect(resilient.availability).toBe(1);
    expect(naive.availability).toBe(1);
    expect(resilient.p99Ms).toBeLessThanOrEqual(1.5 * base.p99Ms);
  });
});

describe('the friend count', () => {
  it('F28: takes 5 s in 5 %: asked for once more, and hardly anyone waits', async () => {
    const well = { kind: 'latency', ms: 60 };
    const load = { everyMs: 80, sandboxes: 6 };
    const healthy = await figuresOf(api, 'resilient', {
      ...{ ...load, ids: someIds(60) },
      arrange: () => api.fault('social', well),
    });
    const { resilient, naive } = await sideBySide(api, 'F28', {
      ...{ ...load, ids: someIds(120) },
      arrange: () => api.fault('social', { ...well, tailRate: 0.05, tailMs: 5_000 }),
    });
    expect(resilient.availability).toBe(1);
    expect(resilient.answers.filter(({ body }) => body?.friendCount === null)).toEqual([]);
    expect(resilient.p99Ms).toBeLessThanOrEqual(healthy.p95Ms + 1.5 * healthy.p50Ms);
    expect(resilient.attempts.social).toBeLessThanOrEqual(1.1 * resilient.answers.length);
    expect(naive.availability).toBeLessThan(1);
  });
});

describe('sixty requests at once in one environment', () => {
  it('F14: fifty wait for slow users: they do not hold all connections, and the others are answered as ever', async () => {
    await setCapacityOf(api, sandboxesIn(api, 'GetProfile'), 60);
    const known = await inTurn(5, () => keepInCaches(api, next()));
    await api.fault('users', { kind: 'latency', ms: 4_000 });
    const { requests } = await api.traffic('users');
    const slow = Array.from({ length: 50 }, () => askFor(api, next()));
    await expect
      .poll(async () => (await api.traffic('users')).requests - requests)
      .toBeGreaterThanOrEqual(USERS_AT_ONCE);
    const others = await Promise.all(known.map((id) => askFor(api, id)));
    expect((await api.traffic('users')).requests - requests).toBeLessThan(1.5 * USERS_AT_ONCE);
    expect(others.map(({ status, body }) => [status, body.degraded])).toEqual(known.map(() => [200, []]));
    for (const { status, retryAfter } of await Promise.all(slow)) {
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }

    const naive = await figuresOf(api, 'naive', {
      ...{ ids: [...someIds(50), ...known], everyMs: 0 },
      arrange: () => api.fault('users', { kind: 'latency', ms: 4_000 }),
    });
    expect(naive.availability).toBe(0);
  });
});
