import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, apiOf } from '../support/api.ts';
import { forgetAll, unasked } from '../support/asked.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';
import { figuresOf, sideBySide, TOTAL_MS } from '../support/side-by-side.ts';

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

describe('the user database', () => {
  // How soon the breaker opens is counted, which a busy machine may spoil.
  it('F09: answers after 4 s: no requests pile up, and most are refused at once', { retry: 2 }, async () => {
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
  it('F31: grows by 40 % at once: no error, and no request waits much longer', { retry: 2 }, async () => {
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
  // Ratios of times, which a busy machine may spoil.
  it('F28: takes 5 s in 5 %: asked for once more, and hardly anyone waits', { retry: 2 }, async () => {
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
