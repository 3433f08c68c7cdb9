import { describe, expect, test, vi } from 'vitest';
import { type HealthChecksOptions, healthChecks } from '../../lib/telemetry/health.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';

const well = async () => 'hunter2';
const ill = () => Promise.reject(new Error('hunter2'));
const hangs = () => new Promise<never>(() => undefined);

function world(checks: HealthChecksOptions['checks'], options: Partial<HealthChecksOptions> = {}) {
  const clock = fakeClock(0);
  return { clock, look: healthChecks({ checks, clock, ...options }) };
}

describe('a look at what a function stands on', () => {
  test.each<[string, HealthChecksOptions['checks'], object]>([
    ['ok', { a: { run: well }, b: { run: well, critical: false } }, { a: 'ok', b: 'ok' }],
    ['degraded', { a: { run: well }, b: { run: ill, critical: false } }, { a: 'ok', b: 'failing' }],
    ['failing', { a: { run: ill }, b: { run: well, critical: false } }, { a: 'failing', b: 'ok' }],
    ['failing', { a: { run: ill }, b: { run: ill, critical: false } }, { a: 'failing', b: 'failing' }],
    ['ok', {}, {}],
  ])('is %s: %j', async (status, checks, dependencies) => {
    const health = await world(checks).look();

    expect(health).toMatchObject({ status, checkedAt: '1970-01-01T00:00:00.000Z' });
    const statuses = Object.entries(health.dependencies).map(([name, each]) => [name, each.status]);
    expect(Object.fromEntries(statuses)).toEqual(dependencies);
    expect(JSON.stringify(health)).not.toContain('hunter2');
  });

  test('takes a check for critical unless it says otherwise, and tells how long it took', async () => {
    const { clock, look } = world({
      slow: { run: () => new Promise((resolve) => clock.after(30.4, () => resolve(undefined))) },
      extra: { run: well, critical: false },
    });
    const looked = look();
    await clock.advance(31);

    expect((await looked).dependencies).toEqual({
      slow: { status: 'ok', critical: true, durationMs: 30 },
      extra: { status: 'ok', critical: false, durationMs: 0 },
    });
  });

  test('tells the details of a check as they are when it has ended, also of one that fails', async () => {
    let calls = 0;
    const counting = async () => {
      calls++;
      throw new Error('hunter2');
    };
    const { look } = world({ a: { run: counting, details: () => ({ calls }) } });

    expect((await look()).dependencies['a']).toEqual({
      ...{ status: 'failing', critical: true, durationMs: 0, details: { calls: 1 } },
    });
  });

  test('is not ended by details that cannot be told', async () => {
    const details = () => {
      throw new Error('hunter2');
    };

    expect((await world({ a: { run: well, details } }).look()).dependencies['a']).toEqual({
      ...{ status: 'ok', critical: true, durationMs: 0 },
    });
  });

  test('asks all at once and waits for each no longer than it may, telling it to stop', async () => {
    const signals: AbortSignal[] = [];
    const hanging = (signal: AbortSignal) => {
      signals.push(signal);
      return hangs();
    };
    const { clock, look } = world({ a: { run: hanging }, b: { run: hanging } }, { timeoutMs: 200 });
    const looked = look();
    await settle();
    expect(signals).toHaveLength(2);
    await clock.advance(200);

    expect((await looked).dependencies).toMatchObject({
      a: { status: 'failing', durationMs: 200 },
      b: { status: 'failing', durationMs: 200 },
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });

  test('takes a check that throws at once for one that fails', async () => {
    const broken = () => {
      throw new TypeError('broken');
    };

    expect(await world({ a: { run: broken } }).look()).toMatchObject({ status: 'failing' });
  });

  test('is shared by all who ask while it runs and for a while after, and made anew then', async () => {
    const run = vi.fn(well);
    const { clock, look } = world({ a: { run } }, { cacheMs: 1_000 });
    const [first, second] = await Promise.all([look(), look()]);
    await clock.advance(999);
    expect(await look()).toBe(first);
    expect(second).toBe(first);
    expect(run).toHaveBeenCalledTimes(1);

    await clock.advance(1);
    expect(await look()).not.toBe(first);
    expect(run).toHaveBeenCalledTimes(2);
  });

  test('that a freeze has cut off answers nobody after it', async () => {
    const run = vi.fn<() => Promise<unknown>>(well).mockImplementationOnce(hangs);
    // A frozen timer: the time goes on, and what was to happen meanwhile does not.
    const clock = { ...fakeClock(), monotonic: vi.fn(() => 0) };
    const look = healthChecks({ checks: { a: { run } }, clock });
    const cutOff = vi.fn();
    void look().then(cutOff);
    clock.monotonic.mockReturnValue(60_000);

    expect(await look()).toMatchObject({ status: 'ok' });
    expect(cutOff).not.toHaveBeenCalled();
  });

  test.each([
    [{}, /`checks` to be an object/],
    [{ checks: { a: { run: 'x' } } }, /health check "a": expected `run` to be a function/],
    [{ checks: { a: { run: well, critical: 1 } } }, /`critical` to be true or false/],
    [{ checks: { a: { run: well, details: {} } } }, /`details` to be a function/],
    [{ checks: { 'a b': { run: well } } }, /the name of a check to be a name/],
    [{ checks: {}, timeoutMs: 0 }, /`timeoutMs`/],
    [{ checks: {}, cacheMs: -1 }, /`cacheMs`/],
  ])('is refused with bad options: %j', (options, reason) => {
    expect(() => healthChecks(options as HealthChecksOptions)).toThrow(reason);
  });
});
