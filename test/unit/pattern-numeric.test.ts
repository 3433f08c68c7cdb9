import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const holds = (condition: unknown, value: unknown): boolean =>
  matches(compilePattern({ field: [condition] }), { field: value });

describe('numeric', () => {
  test.each<[(string | number)[], unknown, boolean]>([
    [['=', 5], 5, true],
    [['=', 5], 5.000001, false],
    [['=', 301.8], 3.018e2, true],
    [['=', 0], -0, true],
    [['=', 5], '5', false],
    [['=', 0], null, false],
    [['=', 1], true, false],
    [['<', 10], 9.999999, true],
    [['<', 10], 10, false],
    [['<=', 10], 10, true],
    [['<=', 10], 10.000001, false],
    [['<', 10], '9', false],
    [['>', 0], 0.000001, true],
    [['>', 0], 0, false],
    [['>=', 0], 0, true],
    [['>=', 0], -0.000001, false],
    [['>', 0, '<=', 5], 5, true],
    [['>', 0, '<=', 5], 0, false],
    [['>=', 0, '<', 5], 0, true],
    [['>=', 0, '<', 5], 5, false],
    [['>', -10, '<', -5], -7, true],
    [['>', 0.1, '<', 0.3], 0.2, true],
    [['>', 0], 5_000_000_000, true],
    [['<', 0], -5_000_000_000, true],
  ])('%j for %j: %s', (numeric, value, expected) => {
    expect(holds({ numeric }, value)).toBe(expected);
  });

  test.each<[string, unknown]>([
    ['above 5e9', 5_000_000_001],
    ['below -5e9', -5_000_000_001],
    ['of more than six decimals', 0.1234567],
    ['next to nothing', 1e-7],
    ['that a sum of fractions left', 0.1 + 0.2],
  ])('matches no number %s, whatever the range', (_, value) => {
    const everything = [{ numeric: ['<', 1] }, { numeric: ['>=', 1] }];
    expect(matches(compilePattern({ field: everything }), { field: value })).toBe(false);
  });

  test('does matter to a number that is compared as a value: outside the limits it still equals itself', () => {
    expect(holds(0.1234567, 0.1234567)).toBe(true);
    expect(holds(6e9, 6e9)).toBe(true);
  });

  test('goes with other values for the same field', () => {
    const pattern = compilePattern({ field: [{ numeric: ['>', 100] }, 5, 'many'] });
    expect([101, 5, 'many', 100].map((field) => matches(pattern, { field }))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
