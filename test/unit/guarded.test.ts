import { describe, expect, test, vi } from 'vitest';
import { guarded } from '../../lib/core/guarded.ts';
import { hostileErrors } from '../support/hostile-errors.ts';

const warnings = () => vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);

const throwing = (error: unknown) => (): never => {
  throw error;
};

describe('a guarded predicate', () => {
  test('decides when it returns', () => {
    const warn = warnings();
    const isEven = guarded(
      'test',
      (value: number) => value % 2 === 0,
      () => true,
    );

    expect([isEven(1), isEven(2)]).toEqual([false, true]);
    expect(warn).not.toHaveBeenCalled();
  });

  test('leaves the decision to the default when it throws, and warns once with the name and the code', () => {
    const warn = warnings();
    const error = Object.assign(new TypeError('secret'), { code: 'ERR_X' });
    const predicate = guarded<[number], boolean>('retry: shouldRetry', throwing(error), (value) => value > 1);

    expect([predicate(1), predicate(2), predicate(3)]).toEqual([false, true, true]);

    expect(warn.mock.calls).toEqual([
      ['retry: shouldRetry threw TypeError ERR_X; the default is used', 'FibrinWarning'],
    ]);
  });

  test('warns once for each option of each owner, however often it is guarded', () => {
    const warn = warnings();
    const options = ['a: isFailure', 'a: isFailedResult', 'b: isFailure'];

    for (const option of [...options, ...options]) guarded(option, throwing(new Error('x')), () => true)();

    expect(warn).toHaveBeenCalledTimes(3);
  });

  test('never puts a message, nor text that is no word, into its warning', () => {
    const warn = warnings();
    for (const name of ['two words', '\u001b[31m', 'x'.repeat(61), '']) {
      const error = Object.assign(new Error('secret'), { name, code: 'line\nbreak' });
      guarded(`named ${name.length}`, throwing(error), () => true)();
    }

    expect(warn.mock.calls.map(([text]) => text)).toEqual(
      [9, 5, 61, 0].map((length) => `named ${length} threw a value; the default is used`),
    );
  });

  test.each(hostileErrors())('leaves the decision to the default, whatever it throws: %s', (_, error) => {
    warnings();

    expect(guarded('test', throwing(error), () => 'default')()).toBe('default');
  });

  test('leaves the decision to the default when it returns a promise, and warns once', () => {
    const warn = warnings();
    const predicate = guarded<[], unknown>(
      'retry: shouldRetryResult',
      async () => true,
      () => false,
    );

    expect([predicate(), predicate()]).toEqual([false, false]);

    expect(warn.mock.calls).toEqual([
      ['retry: shouldRetryResult returned a promise; the default is used', 'FibrinWarning'],
    ]);
  });

  test('settles a promise that it returns by mistake', async () => {
    warnings();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      guarded<[], unknown>(
        'test',
        async () => throwing(new Error('late'))(),
        () => false,
      )();
      guarded<[], unknown>(
        'test',
        () => Object.defineProperty({}, 'then', { value: throwing(new Error('late')) }),
        () => false,
      )();
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', unhandled);
    }
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('decides with a value whose `then` cannot be read', () => {
    const value = Object.defineProperty({}, 'then', { get: throwing(new Error('x')) });

    expect(
      guarded<[], unknown>(
        'test',
        () => value,
        () => false,
      )(),
    ).toBe(value);
  });
});
