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
      'boolean',
    );

    expect([isEven(1), isEven(2)]).toEqual([false, true]);
    expect(warn).not.toHaveBeenCalled();
  });

  test('leaves the decision to the default when it throws, and warns once with the name and the code', () => {
    const warn = warnings();
    const error = Object.assign(new TypeError('secret'), { code: 'ERR_X' });
    const predicate = guarded<[number], boolean>(
      'retry: shouldRetry',
      throwing(error),
      (value) => value > 1,
      'boolean',
    );

    expect([predicate(1), predicate(2), predicate(3)]).toEqual([false, true, true]);

    expect(warn.mock.calls).toEqual([
      ['retry: shouldRetry threw TypeError ERR_X; the default is used', 'FibrinWarning'],
    ]);
  });

  test('warns once for each option of each owner, however often it is guarded', () => {
    const warn = warnings();
    const options = ['a: isFailure', 'a: isFailedResult', 'b: isFailure'];

    for (const option of [...options, ...options])
      guarded(option, throwing(new Error('x')), () => true, 'boolean')();

    expect(warn).toHaveBeenCalledTimes(3);
  });

  test('never puts a message, nor text that is no word, into its warning', () => {
    const warn = warnings();
    for (const name of ['two words', '\u001b[31m', 'x'.repeat(61), '']) {
      const error = Object.assign(new Error('secret'), { name, code: 'line\nbreak' });
      guarded(`named ${name.length}`, throwing(error), () => true, 'boolean')();
    }

    expect(warn.mock.calls.map(([text]) => text)).toEqual(
      [9, 5, 61, 0].map((length) => `named ${length} threw a value; the default is used`),
    );
  });

  test.each(hostileErrors())('leaves the decision to the default, whatever it throws: %s', (_, error) => {
    warnings();

    expect(guarded('test', throwing(error), () => 7, 'number')()).toBe(7);
  });

  test.each<readonly [string, unknown, 'boolean' | 'number']>([
    ['promise', Promise.resolve(true), 'boolean'],
    ['undefined', undefined, 'boolean'],
    ['NaN', Number.NaN, 'boolean'],
    ['NaN', Number.NaN, 'number'],
    ['number', 1, 'boolean'],
    ['boolean', true, 'number'],
    ['string', '100', 'number'],
    ['object', null, 'number'],
    ['function', () => true, 'boolean'],
  ])('leaves the decision to the default when it returns %s, and warns once', (what, returned, expected) => {
    const warn = warnings();
    const option = `${what} as ${expected}`;
    const predicate = guarded<[], unknown>(
      option,
      () => returned,
      () => 'default',
      expected,
    );

    expect([predicate(), predicate()]).toEqual(['default', 'default']);

    expect(warn.mock.calls).toEqual([
      [`${option} returned ${what}, not ${expected}; the default is used`, 'FibrinWarning'],
    ]);
  });

  test.each([Number.POSITIVE_INFINITY, -1, 0])('decides with any number: %d', (value) => {
    expect(
      guarded(
        'test',
        () => value,
        () => 7,
        'number',
      )(),
    ).toBe(value);
  });

  test.each([
    ['promise', async () => throwing(new Error('late'))()],
    ['thenable', () => Object.defineProperty({}, 'then', { value: throwing(new Error('late')) })],
    [
      'thenable that cannot be read',
      () => Object.defineProperty({}, 'then', { get: throwing(new Error('x')) }),
    ],
  ])('settles what it returns by mistake: a %s', async (_what, predicate) => {
    warnings();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      expect(guarded<[], unknown>('test', predicate, () => false, 'boolean')()).toBe(false);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', unhandled);
    }
    expect(unhandled).not.toHaveBeenCalled();
  });
});
