import { describe, expect, test } from 'vitest';
import { rejections } from '../../lib/breaker/rejection.ts';
import { simulate } from '../../lib/simulation/run.ts';
import { scenarioOf } from '../../lib/simulation/scenario.ts';
import type { Guard, Subject } from '../../lib/simulation/subject.ts';

const SAID = {
  sandboxes: 20,
  rate: 100,
  warmUpMs: 2_000,
  healthyMs: 2_000,
  outageMs: 10_000,
  afterMs: 4_000,
};
const reject = rejections('moody');

const through = (admit: Guard['admit'], more: Partial<Subject> = {}) =>
  simulate(scenarioOf('outage', 2, SAID), { key: undefined, guard: () => ({ admit }), ...more });

describe('what is simulated', () => {
  test('may refuse calls, at once and later, which are counted in their second', async () => {
    let calls = 0;
    const { figures, seconds } = await through(() => {
      calls++;
      if (calls % 4 === 0) return reject(1);
      if (calls % 4 === 1) return Promise.resolve(reject(1));
      return { record: () => undefined };
    });
    const rejected = seconds.reduce((sum, second) => sum + second.rejected, 0);

    expect(Math.abs(rejected - calls / 2)).toBeLessThan(2);
    expect(figures.rejectedHealthy).toBeCloseTo(0.5, 1);
    expect(figures.rejected95).toBeNull();
  });

  test('has its calls made and failed counted in the second in which they were made', async () => {
    const { figures, seconds } = await through(() => ({ record: () => undefined }));
    const failed = seconds.reduce((sum, second) => sum + second.failed, 0);

    expect(figures.failedCalls).toBeGreaterThan(800);
    expect(failed - figures.failedCalls).toBeGreaterThanOrEqual(0);
    expect(failed - figures.failedCalls).toBeLessThan(10);
    expect(seconds.some(({ calls, failed }) => calls > 50 && calls === failed)).toBe(true);
  });

  test('shows its mistakes instead of having them counted as refusals', async () => {
    const bug = through(() => {
      throw new TypeError('a bug');
    });

    await expect(bug).rejects.toThrow('a bug');
  });

  test('is caught when it probes with many at once, and when it closes while the outage goes on', async () => {
    let writes = 0;
    const { figures } = await through(() => ({ record: () => undefined }), {
      key: 'state',
      guard: ({ store }) => ({
        admit: () => ({
          isProbe: true,
          async record() {
            await store.put('state', { state: writes++ % 2 ? 'closed' : 'open' });
          },
        }),
      }),
    });

    expect(figures.openAfter).toBeLessThan(1);
    expect(figures.falseCloses).toBeGreaterThan(100);
    expect(figures.probesAtOnce).toBeGreaterThan(5);
  });
});
