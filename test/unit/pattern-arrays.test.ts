import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const match = (pattern: unknown, event: unknown): boolean => matches(compilePattern(pattern), event);

describe('an array of values in an event', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['matches when one of them does', { a: ['y'] }, { a: ['x', 'y'] }, true],
    ['does not match when none does', { a: ['z'] }, { a: ['x', 'y'] }, false],
    ['matches when the two lists meet', { a: ['y', 'z'] }, { a: ['x', 'y'] }, true],
    ['matches null in it', { a: [null] }, { a: ['x', null] }, true],
    ['does not match null when it is empty', { a: [null] }, { a: [] }, false],
    ['does not match an empty string when it is empty', { a: [''] }, { a: [] }, false],
    ['may be in another array', { a: ['y'] }, { a: [['x'], ['y']] }, true],
    ['works with operators', { a: [{ prefix: 'y' }] }, { a: ['x', 'yes'] }, true],
    ['works with ranges', { a: [{ numeric: ['>', 1] }] }, { a: [0, 2] }, true],
    [
      'may match two fields by different values',
      { a: ['x'], b: ['q'] },
      { a: ['w', 'x'], b: ['p', 'q'] },
      true,
    ],
  ])('%s', (_, pattern, event, expected) => {
    expect(match(pattern, event)).toBe(expected);
  });
});

describe('an array of objects in an event', () => {
  const staff = {
    staff: [
      { first: 'Ann', last: 'Ash', roles: ['cook', 'host'] },
      { first: 'Bob', last: 'Birch', roles: ['cook'], home: { city: 'Bonn' } },
    ],
    city: 'Bonn',
  };

  test.each<[string, object, boolean]>([
    ['matches a field of any element', { staff: { first: ['Bob'] } }, true],
    ['matches two fields of one element', { staff: { first: ['Bob'], last: ['Birch'] } }, true],
    [
      'does not match two fields of different elements',
      { staff: { first: ['Ann'], last: ['Birch'] } },
      false,
    ],
    ['matches with a choice of elements', { staff: { first: ['Ann', 'Bob'], last: ['Birch'] } }, true],
    ['matches a value of an array in one element', { staff: { first: ['Ann'], roles: ['host'] } }, true],
    ['does not take that value from another', { staff: { first: ['Bob'], roles: ['host'] } }, false],
    ['matches below in the same element', { staff: { first: ['Bob'], home: { city: ['Bonn'] } } }, true],
    ['does not match below in another', { staff: { first: ['Ann'], home: { city: ['Bonn'] } } }, false],
    ['matches together with a field beside it', { city: ['Bonn'], staff: { first: ['Ann'] } }, true],
    ['is not its own index', { staff: { 0: { first: ['Ann'] } } }, false],
    ['has anything-but per element', { staff: { first: [{ 'anything-but': 'Ann' }], last: ['Ash'] } }, false],
    ['has exists per element', { staff: { first: ['Bob'], home: { city: [{ exists: true }] } } }, true],
  ])('%s', (_, pattern, expected) => {
    expect(match(pattern, staff)).toBe(expected);
  });

  test('is consistent at each level by itself', () => {
    const event = {
      a: [
        {
          b: [
            { x: 1, y: 1 },
            { x: 2, y: 2 },
          ],
          z: 1,
        },
        { b: [{ x: 3, y: 1 }], z: 2 },
      ],
    };
    const fields = (x: number, y: number, z: number) => ({ a: { b: { x: [x], y: [y] }, z: [z] } });
    expect(match(fields(1, 1, 1), event)).toBe(true);
    expect(match(fields(1, 2, 1), event)).toBe(false);
    expect(match(fields(3, 1, 2), event)).toBe(true);
    expect(match(fields(3, 1, 1), event)).toBe(false);
  });

  test('is consistent through arrays of arrays', () => {
    const event = {
      a: [
        [
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ],
        [{ x: 3, y: 3 }],
      ],
    };
    expect(match({ a: { x: [2], y: [2] } }, event)).toBe(true);
    expect(match({ a: { x: [1], y: [2] } }, event)).toBe(false);
    expect(match({ a: { x: [2], y: [3] } }, event)).toBe(false);
  });

  test('does not tie two arrays to each other', () => {
    const event = { a: [{ x: 1 }, { x: 2 }], b: [{ x: 1 }, { x: 2 }] };
    expect(match({ a: { x: [1] }, b: { x: [2] } }, event)).toBe(true);
  });

  test('is consistent in each of several arrays at once', () => {
    const event = { a: [{ x: 1 }], b: [{ y: 1 }, { z: 1 }], c: [{ d: [{ y: 1 }, { z: 1 }], x: 1 }] };
    expect(match({ a: { x: [1] }, b: { y: [1] } }, event)).toBe(true);
    expect(match({ a: { x: [1] }, b: { y: [1], z: [1] } }, event)).toBe(false);
    expect(match({ c: { 'a.x': [{ exists: false }], d: { y: [1] }, x: [1] } }, event)).toBe(true);
    expect(match({ c: { d: { y: [1], z: [1] }, x: [1] } }, event)).toBe(false);
    expect(match({ a: { x: [1] }, c: { d: { y: [1], z: [1] } } }, event)).toBe(false);
  });

  test('leaves a field out for the element that the fields before it chose', () => {
    const event = { a: [{ b: 1 }, { b: 2, c: 3 }] };
    expect(match({ a: { b: [1], c: [{ exists: false }] } }, event)).toBe(true);
    expect(match({ a: { b: [2], c: [{ exists: false }] } }, event)).toBe(false);
  });

  test('has no element chosen yet for a field whose name comes first, as in Event Ruler', () => {
    const event = { a: [{ c: 1 }, { c: 2, b: 3 }] };
    expect(match({ a: { b: [{ exists: false }], c: [1] } }, event)).toBe(false);
  });

  test('may hold values too, which belong to no element', () => {
    const event = { a: ['x', { b: 1 }, { c: 2 }] };
    expect(match({ a: ['x'], 'a.b': [1] }, event)).toBe(true);
    expect(match({ a: { b: [1], c: [2] } }, event)).toBe(false);
  });

  test('of a thousand elements is searched without trying every combination', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ x: 1, y: 1, z: index }));
    expect(match({ a: { x: [1], y: [1], z: [999] } }, { a: many })).toBe(true);
    expect(match({ a: { x: [1], y: [1], z: [1_000] } }, { a: many })).toBe(false);
  });
});
