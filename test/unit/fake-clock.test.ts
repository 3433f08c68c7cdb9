import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

describe('fakeClock', () => {
  test('fires timers in the order of their times, also those that a timer starts', async () => {
    const clock = fakeClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`late at ${clock.now()}`));
    clock.after(10, () => {
      fired.push(`early at ${clock.now()}`);
      clock.after(5, () => fired.push(`nested at ${clock.now()}`));
    });

    await clock.advance(30);

    expect(fired).toEqual(['early at 10', 'nested at 15', 'late at 20']);
    expect(clock.now()).toBe(30);
  });

  test('fires timers of one moment in the order in which they were started', async () => {
    const clock = fakeClock();
    const fired: number[] = [];
    for (let timer = 0; timer < 9; timer++) clock.after(10, () => fired.push(timer));

    await clock.advance(10);

    expect(fired).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('lets what waits for a timer run before it fires the next one', async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    void sleep(clock, 10).then(() => seen.push('the first is awake'));
    clock.after(10, () => seen.push('the second fires'));

    await clock.advance(10);

    expect(seen).toEqual(['the first is awake', 'the second fires']);
  });

  test('counts the timers that wait, without those that were cancelled', async () => {
    const clock = fakeClock();
    let fired = 0;
    const cancel = clock.after(10, () => fired++);
    clock.after(20, () => fired++);
    expect(clock.pending).toBe(2);

    cancel();
    cancel();
    expect(clock.pending).toBe(1);
    await clock.advance(20);
    cancel();

    expect(fired).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('treats a delay that is no number or below 0 as 0', async () => {
    const clock = fakeClock();
    const fired: string[] = [];
    clock.after(-5, () => fired.push('below zero'));
    clock.after(Number.NaN, () => fired.push('no number'));

    await clock.advance(0);

    expect(fired).toEqual(['below zero', 'no number']);
    expect(clock.monotonic()).toBe(0);
  });

  test('adds an advance that begins before the first one has ended', async () => {
    const clock = fakeClock();

    await Promise.all([clock.advance(10), clock.advance(5)]);

    expect(clock.monotonic()).toBe(15);
  });

  test('rejects with what a timer throws', async () => {
    const clock = fakeClock();
    clock.after(1, () => {
      throw new Error('in the timer');
    });

    await expect(clock.advance(1)).rejects.toThrow('in the timer');
  });

  test('holds 100,000 timers, most of which are cancelled, as timeouts are', async () => {
    const clock = fakeClock();
    const random = seededRandom(3);
    const fired: number[] = [];
    const set = () => clock.after(random.next() * 1_000, () => fired.push(clock.monotonic()));
    const cancels = Array.from({ length: 100_000 }, set);

    for (const [index, cancel] of cancels.entries()) if (index % 500 !== 0) cancel();
    expect(clock.pending).toBe(200);
    await clock.advance(1_000);

    expect(fired).toHaveLength(200);
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
  });

  test('moves only the wall clock in a jump, forward or back', async () => {
    const clock = fakeClock(1_000);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });

    clock.jump(5_000);
    expect(clock.now()).toBe(6_000);
    clock.jump(-5_500);
    await clock.advance(9);

    expect(clock.now()).toBe(509);
    expect(clock.monotonic()).toBe(9);
    expect(fired).toBe(false);
  });

  test('fires no timer while it is frozen, and all that are overdue at the thaw, in order', async () => {
    const clock = fakeClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`second at ${clock.now()}`));
    clock.after(10, () => {
      fired.push(`first at ${clock.now()}`);
      clock.after(0, () => fired.push(`set in the thaw at ${clock.now()}`));
      clock.after(1, () => fired.push('not yet'));
    });
    clock.after(61_000, () => fired.push('not yet'));

    await clock.freeze(60_000);

    expect(fired).toEqual(['first at 60000', 'second at 60000', 'set in the thaw at 60000']);
    expect(clock.monotonic()).toBe(60_000);
    expect(clock.pending).toBe(2);
  });

  test('lets what is ready run before it freezes', async () => {
    const clock = fakeClock();
    let left = 0;
    void Promise.resolve().then(() => clock.after(50, () => left++));

    await clock.freeze(50);

    expect(left).toBe(1);
  });

  test.each([
    ['advance', -1],
    ['advance', Number.NaN],
    ['advance', Number.POSITIVE_INFINITY],
    ['freeze', -1],
  ] as const)('refuses to %s by %d ms', async (what, ms) => {
    await expect(fakeClock()[what](ms)).rejects.toThrow(InvalidOptionError);
  });

  test('refuses to jump by an infinite time', () => {
    expect(() => fakeClock().jump(Number.NEGATIVE_INFINITY)).toThrow(/jump: expected `ms` to be a number/);
  });
});
