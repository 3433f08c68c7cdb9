import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { checkOptions } from '../../lib/core/options.ts';
import * as rule from '../../lib/core/rules.ts';

const rules = { required: { name: rule.name() }, optional: { maxAttempts: rule.integer(1, 10) } };

describe('checkOptions', () => {
  test('returns the same options object when it is valid', () => {
    const options = { name: 'posts', maxAttempts: 3 };

    expect(checkOptions('thing', options, rules)).toBe(options);
  });

  test('names an unknown option and the known ones', () => {
    expect(() => checkOptions('thing', { name: 'a', retires: 1 }, rules)).toThrow(
      new InvalidOptionError('thing: unknown option `retires`; the options are name, maxAttempts'),
    );
  });

  test.each(['toString', 'constructor', '__proto__'])(
    'refuses an option that has the name of a member of every object: %s',
    (key) => {
      const options = { name: 'a', ...JSON.parse(`{"${key}":1}`) } as object;
      // A spread would set the prototype; only an own member is an option that a caller wrote.
      if (!Object.hasOwn(options, key)) Object.defineProperty(options, key, { value: 1, enumerable: true });

      expect(() => checkOptions('thing', options, rules)).toThrow(`unknown option \`${key}\``);
    },
  );

  test('names a required option that is missing', () => {
    expect(() => checkOptions('thing', {}, rules)).toThrow(
      /thing: expected `name` to be a name .*got undefined/,
    );
  });

  test('names the option, the expectation and the value where that is out of range', () => {
    expect(() => checkOptions('thing', { name: 'a', maxAttempts: 11 }, rules)).toThrow(
      'thing: expected `maxAttempts` to be an integer from 1 to 10, got 11',
    );
  });

  test('accepts undefined for an optional option', () => {
    expect(() => checkOptions('thing', { name: 'a', maxAttempts: undefined }, rules)).not.toThrow();
  });

  test.each([null, 'text', 7])('refuses %j instead of an options object', (options) => {
    const check = checkOptions as (owner: string, options: unknown, of: typeof rules) => unknown;

    expect(() => check('thing', options, rules)).toThrow('thing: expected an options object');
  });

  test('shows the beginning of a long value', () => {
    const error = (() => {
      try {
        return checkOptions('thing', { name: ' '.repeat(10_000) }, rules);
      } catch (caught) {
        return caught;
      }
    })();

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message.length).toBeLessThan(250);
  });
});

describe('a rule', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const cases: readonly [string, (value: unknown) => string | undefined, unknown[], unknown[]][] = [
    ['integer', rule.integer(0, 3), [0, 3], [-1, 4, 1.5, nan, infinity, '1', undefined, null]],
    ['durationMs', rule.durationMs(), [1, 1.5, 2_147_483_647], [0, -1, nan, infinity, 2 ** 31, '5', 5n]],
    ['ratio', rule.ratio(), [0.01, 1], [0, -0.5, 1.01, nan, '0.5']],
    [
      'name',
      rule.name(),
      ['a', 'A-1_b.c', 'x'.repeat(100)],
      ['', '-a', 'a b', 'a#b', 'x'.repeat(101), 'a\n'],
    ],
    ['text', rule.text(), [' '], ['', 1, null]],
    ['fn', rule.fn(), [() => 1], [{}, 'fn', null]],
    ['object', rule.object(), [{}], [null, 'object', () => 1]],
    ['fraction', rule.fraction(), [0, 0.5, 1], [-0.01, 1.01, nan, '0.5']],
    ['array', rule.array(), [[], [1]], [{ length: 0 }, 'a', null]],
    ['switchable', rule.switchable(rule.integer(1)), [false, 1], [true, 0, null]],
    ['texts', rule.texts(), [[], ['a', '']], [['a', 1], 'a', null]],
    ['boolean', rule.boolean(), [true, false], [0, 'true', null]],
    ['oneOf', rule.oneOf('a', 'b'), ['a', 'b'], ['c', 'A', 1]],
    ['secret', rule.secret(2), ['ab', new Uint8Array(2)], ['a', new Uint8Array(1), 22, null]],
    ['defined', rule.defined(), [null, 0, ''], [undefined]],
  ];

  test.each(cases)(
    'of kind %s accepts what is in its range, and says what it expects of the rest',
    (_, check, good, bad) => {
      expect(good.map(check)).toEqual(good.map(() => undefined));
      for (const value of bad) expect(check(value), String(value)).toEqual(expect.any(String));
    },
  );

  test.each<[(value: unknown) => string | undefined, unknown, string]>([
    [rule.integer(), 1.5, 'an integer of 0 or more, got 1.5'],
    [rule.integer(1, 3), {}, 'an integer from 1 to 3, got an object'],
    [rule.durationMs(), [1], 'a number of milliseconds from 1 to 2147483647, got an array'],
    [rule.ratio(), null, 'a fraction above 0 and up to 1, got null'],
    [rule.fraction(), -1, 'a fraction from 0 to 1, got -1'],
    [rule.array(), {}, 'an array, got an object'],
    [rule.switchable(rule.object()), true, 'an object or false, got true'],
    [
      rule.name(),
      '',
      'a name of 1 to 100 letters, digits, ".", "_" or "-" that starts with a letter or digit, got ""',
    ],
    [rule.text(), undefined, 'a non-empty string, got undefined'],
    [rule.texts(), 'a', 'an array of strings, got "a"'],
    [rule.boolean(), 1, 'true or false, got 1'],
    [rule.oneOf('a', 'b'), 'c', 'one of a, b, got "c"'],
    [rule.fn(), true, 'a function, got true'],
    [rule.object(), () => 1, 'an object, got a function'],
    [rule.defined(), undefined, 'given, got undefined'],
  ])('says what it expects and what it got: %#', (check, value, said) => {
    expect(check(value)).toBe(said);
  });

  test('never quotes a secret that is too short', () => {
    expect(rule.secret(8)('hunter2')).toBe('text or bytes of 8 or more');
  });
});
