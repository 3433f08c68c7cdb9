import { describe, expect, test, vi } from 'vitest';
import { type HealthChecksOptions, healthChecks } from '../../lib/telemetry/health.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';

const works = async () => 'hunter2';
const fails = () => Promise.reject(new Error('hunter2'));
const hangs = () => new Promise<never>(() => undefined);

function checksWith(checks: HealthChecksOptions['checks'], options: Partial<HealthChecksOptions> = {}) {
  const clock = fakeClock(0);
  return { clock, check: healthChecks({ checks, clock, ...options }) };
}

describe('healthChecks', () => {
  test.each<[string, HealthChecksOptions['checks'], object]>([
    ['ok', { a: { run: works }, b: { run: works, critical: false } }, { a: 'ok', b: 'ok' }],
    ['degraded', { a: { run: works }, b: { run: fails, critical: false } }, { a: 'ok', b: 'failing' }],
    ['failing', { a: { run: fails }, b: { run: works, critical: false } }, { a: 'failing', b: 'ok' }],
    ['failing', { a: { run: fails }, b: { run: fails, critical: false } }, { a: 'failing', b: 'failing' }],
    ['ok', {}, {}],
  ])('says %s for %j, and nothing of values and errors', async (status, checks, dependencies) => {
    const health = await checksWith(checks).check();

    expect(health).toMatchObject({ status, checkedAt: '1970-01-01T00:00:00.000Z' });
    const statuses = Object.entries(health.dependencies).map(([name, each]) => [name, each.status]);
    expect(Object.fromEntries(statuses)).toEqual(dependencies);
    expect(JSON.stringify(health)).not.toContain('hunter2');
  });

  test('takes a check as critical by default, and says how long it took', async () => {
    const { clock, check } = checksWith({
      slow: { run: () => new Promise((resolve) => clock.after(30.4, () => resolve(undefined))) },
      extra: { run: works, critical: false },
    });
    const checked = check();
    await clock.advance(31);

    expect((await checked).dependencies).toEqual({
      slow: { status: 'ok', critical: true, durationMs: 30 },
      extra: { status: 'ok', critical: false, durationMs: 0 },
    });
  });

  test('reads the details when a check has ended, also of one that fails', async () => {
    let calls = 0;
    const counting = async () => {
      calls++;
      throw new Error('hunter2');
    };
    const { check } = checksWith({ a: { run: counting, details: () => ({ calls }) } });

    expect((await check()).dependencies['a']).toEqual({
      ...{ status: 'failing', critical: true, durationMs: 0, details: { calls: 1 } },
    });
  });

  test.each<[string, () => undefined]>([
    [
      'throw',
      () => {
        throw new Error('hunter2');
      },
    ],
    ['are undefined', () => undefined],
  ])('gives the status without details that %s', async (_, details) => {
    expect((await checksWith({ a: { run: works, details } }).check()).dependencies['a']).toEqual({
      ...{ status: 'ok', critical: true, durationMs: 0 },
    });
  });

  test('runs all checks at once, and aborts each after timeoutMs', async () => {
    const signals: AbortSignal[] = [];
    const hanging = (signal: AbortSignal) => {
      signals.push(signal);
      return hangs();
    };
    const { clock, check } = checksWith({ a: { run: hanging }, b: { run: hanging } }, { timeoutMs: 200 });
    const checked = check();
    await settle();
    expect(signals).toHaveLength(2);
    await clock.advance(200);

    expect((await checked).dependencies).toMatchObject({
      a: { status: 'failing', durationMs: 200 },
      b: { status: 'failing', durationMs: 200 },
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });

  test('takes a check that throws at once as failing', async () => {
    const broken = () => {
      throw new TypeError('broken');
    };

    expect(await checksWith({ a: { run: broken } }).check()).toMatchObject({ status: 'failing' });
  });

  test('takes a check that returns a value instead of a promise as ok', async () => {
    const checks = { a: { run: () => 'hunter2' } } as object as HealthChecksOptions['checks'];

    expect(await checksWith(checks).check()).toMatchObject({ status: 'ok' });
  });

  test('gives one result to all callers until cacheMs have passed since its checks began', async () => {
    const run = vi.fn(works);
    const { clock, check } = checksWith({ a: { run } }, { cacheMs: 1_000 });
    const [first, second] = await Promise.all([check(), check()]);
    await clock.advance(999);
    expect(await check()).toBe(first);
    expect(second).toBe(first);
    expect(run).toHaveBeenCalledTimes(1);

    await clock.advance(1);
    expect(await check()).not.toBe(first);
    expect(run).toHaveBeenCalledTimes(2);
  });

  test('checks anew after a freeze that cut the checks off', async () => {
    const run = vi.fn<() => Promise<unknown>>(works).mockImplementationOnce(hangs);
    // A frozen timer: time goes on, and what was due meanwhile does not run.
    const clock = { ...fakeClock(), monotonic: vi.fn(() => 0) };
    const check = healthChecks({ checks: { a: { run } }, clock });
    const cutOff = vi.fn();
    void check().then(cutOff);
    clock.monotonic.mockReturnValue(60_000);

    expect(await check()).toMatchObject({ status: 'ok' });
    expect(cutOff).not.toHaveBeenCalled();
  });

  test.each([
    [{}, /`checks` to be an object/],
    [{ checks: { a: { run: 'x' } } }, /health check "a": expected `run` to be a function/],
    [{ checks: { a: { run: works, critical: 1 } } }, /`critical` to be true or false/],
    [{ checks: { a: { run: works, details: {} } } }, /`details` to be a function/],
    [{ checks: { 'a b': { run: works } } }, /the name of a check to be a name/],
    [{ checks: {}, timeoutMs: 0 }, /`timeoutMs`/],
    [{ checks: {}, cacheMs: -1 }, /`cacheMs`/],
  ])('refuses bad options: %j', (options, reason) => {
    expect(() => healthChecks(options as HealthChecksOptions)).toThrow(reason);
  });
});
