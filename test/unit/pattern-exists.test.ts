import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

describe('exists', () => {
  test.each<[string, unknown, boolean]>([
    ['a string', { a: { b: 'x' } }, true],
    ['an empty string', { a: { b: '' } }, true],
    ['zero', { a: { b: 0 } }, true],
    ['false', { a: { b: false } }, true],
    ['null', { a: { b: null } }, true],
    ['an array of values', { a: { b: [1, 2] } }, true],
    ['an array in an array', { a: { b: [[1]] } }, true],
    ['a value in one element of an array', { a: [{ c: 1 }, { b: 1 }] }, true],
    ['an array of a value and an object', { a: { b: [{ c: 1 }, 2] } }, true],
    ['nothing', { a: {} }, false],
    ['no parent', { c: 1 }, false],
    ['a value in the place of the parent', { a: 'b' }, false],
    ['an object, which is no leaf', { a: { b: { c: 1 } } }, false],
    ['an empty object', { a: { b: {} } }, false],
    ['an empty array', { a: { b: [] } }, false],
    ['an array of empty arrays', { a: { b: [[], []] } }, false],
    ['an array of objects', { a: { b: [{ c: 1 }] } }, false],
    ['an undefined value, which JSON leaves out', { a: { b: undefined } }, false],
  ])('for %s', (_, event, there) => {
    expect(matches(compilePattern({ a: { b: [{ exists: true }] } }), event)).toBe(there);
    expect(matches(compilePattern({ a: { b: [{ exists: false }] } }), event)).toBe(!there);
  });

  test('false goes with values: the field is one of them or is not there', () => {
    const pattern = compilePattern({ a: [{ exists: false }, 'x'], b: ['y'] });
    expect(matches(pattern, { b: 'y' })).toBe(true);
    expect(matches(pattern, { a: 'x', b: 'y' })).toBe(true);
    expect(matches(pattern, { a: 'z', b: 'y' })).toBe(false);
    expect(matches(pattern, { a: 'x' })).toBe(false);
  });

  test('true and false together ask for nothing', () => {
    const pattern = compilePattern({ a: [{ exists: false }, { exists: true }] });
    expect(matches(pattern, {})).toBe(true);
    expect(matches(pattern, { a: 1 })).toBe(true);
  });

  test('true and a value of another name must both be there', () => {
    const pattern = compilePattern({ a: [{ exists: true }], b: [{ exists: true }] });
    expect(matches(pattern, { a: 1, b: null })).toBe(true);
    expect(matches(pattern, { a: 1 })).toBe(false);
  });
});
