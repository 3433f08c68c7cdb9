import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, apiOf } from '../support/api.ts';
import { unasked, warmUp } from '../support/asked.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';
import { figuresOf, sideBySide } from '../support/side-by-side.ts';

let run: StartedRun;
let api: Api;
beforeAll(async () => {
  run = await startRun();
  api = apiOf(run.url);
  await warmUp(api);
});
afterAll(() => run.stop());
beforeEach(() => api.clearFaults());

const next = unasked([50, 1_000]);
const someIds = (count: number) => Array.from({ length: count }, next);

describe('the friend count', () => {
  // Ratios of times, which a busy machine may spoil.
  it('F28: takes 5 s in 5 %: asked for once more, and hardly anyone waits', { retry: 2 }, async () => {
    const well = { kind: 'latency', ms: 60 };
    const load = { everyMs: 60, sandboxes: 6 };
    const healthy = await figuresOf(api, 'resilient', {
      ...{ ...load, ids: someIds(150) },
      arrange: () => api.fault('social', well),
    });
    const { resilient, naive } = await sideBySide(api, 'F28', {
      ...{ ...load, ids: someIds(200) },
      arrange: () => api.fault('social', { ...well, tailRate: 0.05, tailMs: 5_000 }),
    });
    expect(resilient.availability).toBe(1);
    expect(resilient.answers.filter(({ body }) => body?.friendCount === null)).toEqual([]);
    expect(resilient.p99Ms).toBeLessThanOrEqual(healthy.p95Ms + 1.5 * healthy.p50Ms);
    expect(resilient.attempts.social).toBeLessThanOrEqual(1.1 * resilient.answers.length);
    expect(naive.availability).toBeLessThan(1);
  });
});
