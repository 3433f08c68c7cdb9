import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LimitTimers } from '../../lib/core/limit-timers.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function world() {
  const fired: string[] = [];
  const onIdle = vi.fn();
  const timers = new LimitTimers(100, onIdle);
  return { fired, onIdle, set: (name: string) => timers.set(() => fired.push(name), performance.now()) };
}

describe('timers of one delay', () => {
  test('fire in the order in which they were set, each in its time, by one timer of Node’s', () => {
    const { fired, set } = world();
    set('a');
    vi.advanceTimersByTime(60);
    set('b');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(40);
    expect(fired).toEqual(['a']);
    vi.advanceTimersByTime(59);
    expect(fired).toEqual(['a']);
    vi.advanceTimersByTime(1);

    expect(fired).toEqual(['a', 'b']);
  });

  test('wake nobody up between the one and the next', () => {
    const { fired, set } = world();
    set('a');
    vi.advanceTimersByTime(60);
    set('b');
    vi.advanceTimersToNextTimer();
    expect(fired).toEqual(['a']);
    vi.advanceTimersToNextTimer();

    expect(fired).toEqual(['a', 'b']);
  });

  test('do not fire a millisecond early', () => {
    const { fired, set } = world();
    set('a');
    vi.advanceTimersByTime(1);
    set('b');
    vi.advanceTimersByTime(99);
    expect(fired).toEqual(['a']);
    vi.advanceTimersByTime(1);

    expect(fired).toEqual(['a', 'b']);
  });

  test.each([
    [['a'], ['b', 'c']],
    [['b'], ['a', 'c']],
    [['c'], ['a', 'b']],
    [['b', 'a'], ['c']],
    [['a', 'b', 'c'], []],
  ])('do not fire once they are cancelled, twice is no harm: %j', (cancelled, left) => {
    const { fired, set } = world();
    const cancels = new Map(['a', 'b', 'c'].map((name) => [name, set(name)]));
    for (const name of [...cancelled, ...cancelled]) cancels.get(name)?.();
    vi.advanceTimersByTime(1_000);

    expect(fired).toEqual(left);
  });

  test('take no others with them when they are cancelled twice', () => {
    const { fired, set } = world();
    const [, cancelB, cancelC] = [set('a'), set('b'), set('c')];
    cancelB();
    cancelC();
    set('d');
    cancelB();
    vi.advanceTimersByTime(100);

    expect(fired).toEqual(['a', 'd']);
  });

  test('are not fired again by being cancelled late', () => {
    const { fired, set } = world();
    const cancel = set('a');
    vi.advanceTimersByTime(100);
    cancel();
    set('b');
    vi.advanceTimersByTime(100);

    expect(fired).toEqual(['a', 'b']);
  });

  test('fire late together when nothing ran for a while, and what they set meanwhile later', () => {
    const fired: string[] = [];
    const timers = new LimitTimers(100, () => undefined);
    timers.set(() => {
      fired.push('a');
      timers.set(() => fired.push('c'), performance.now());
    }, performance.now());
    timers.set(() => fired.push('b'), performance.now());
    vi.advanceTimersByTime(150);
    expect(fired).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);

    expect(fired).toEqual(['a', 'b', 'c']);
  });

  test('fire although one of them throws', () => {
    const { fired, set } = world();
    const timers = new LimitTimers(100, () => undefined);
    timers.set(() => {
      throw new Error('a defect');
    }, performance.now());
    timers.set(() => fired.push('after it'), performance.now());
    set('elsewhere');

    expect(() => vi.advanceTimersByTime(100)).toThrow('a defect');
    vi.advanceTimersByTime(100);

    expect(fired.sort()).toEqual(['after it', 'elsewhere']);
  });

  test('are forgotten when none was set for as long as one takes', () => {
    const { onIdle, set } = world();
    set('a')();
    set('b')();
    expect(vi.getTimerCount()).toBe(1);
    expect(onIdle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);

    expect(onIdle).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('keep the process alive while one is set, and no longer', () => {
    vi.useRealTimers();
    const waiting = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const { set } = world();
    const before = waiting();

    const [cancelA, cancelB] = [set('a'), set('b')];
    expect(waiting()).toBe(before + 1);
    cancelA();
    expect(waiting()).toBe(before + 1);
    cancelB();
    expect(waiting()).toBe(before);
    const cancel = set('c');
    expect(waiting()).toBe(before + 1);

    cancel();
  });
});
