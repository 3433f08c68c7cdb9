import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const match = (pattern: unknown, event: unknown): boolean => matches(compilePattern(pattern), event);

describe('$or', () => {
  test('matches when one of its objects does', () => {
    const pattern = compilePattern({ $or: [{ a: ['x'] }, { b: ['y'] }] });
    expect(matches(pattern, { a: 'x' })).toBe(true);
    expect(matches(pattern, { b: 'y' })).toBe(true);
    expect(matches(pattern, { a: 'y', b: 'x' })).toBe(false);
  });

  test('is one of the things that must match beside other fields', () => {
    const pattern = compilePattern({ s: ['1'], $or: [{ a: ['x'] }, { b: ['y'] }], t: ['2'] });
    expect(matches(pattern, { s: '1', t: '2', b: 'y' })).toBe(true);
    expect(matches(pattern, { s: '1', t: '2' })).toBe(false);
    expect(matches(pattern, { s: '1', a: 'x', b: 'y' })).toBe(false);
    expect(matches(pattern, { t: '2', a: 'x' })).toBe(false);
  });

  test('takes the fields of one object together', () => {
    const pattern = compilePattern({ $or: [{ a: ['x'], b: ['y'] }, { c: ['z'] }] });
    expect(matches(pattern, { a: 'x', b: 'y' })).toBe(true);
    expect(matches(pattern, { a: 'x' })).toBe(false);
    expect(matches(pattern, { c: 'z' })).toBe(true);
  });

  test('may be below, and at several levels at once', () => {
    const pattern = compilePattern({
      $or: [{ a: ['x'] }, { b: ['y'] }],
      detail: { $or: [{ c: [1] }, { d: { e: [2] } }] },
    });
    expect(matches(pattern, { a: 'x', detail: { c: 1 } })).toBe(true);
    expect(matches(pattern, { b: 'y', detail: { d: { e: 2 } } })).toBe(true);
    expect(matches(pattern, { b: 'y', detail: { d: 2 } })).toBe(false);
    expect(matches(pattern, { detail: { c: 1 } })).toBe(false);
    expect(matches(pattern, { a: 'x', c: 1 })).toBe(false);
  });

  test('may be inside $or', () => {
    const pattern = compilePattern({ $or: [{ a: ['x'], $or: [{ b: [1] }, { b: [2] }] }, { c: ['z'] }] });
    expect([1, 2, 3].map((b) => matches(pattern, { a: 'x', b }))).toEqual([true, true, false]);
    expect(matches(pattern, { b: 1 })).toBe(false);
    expect(matches(pattern, { c: 'z' })).toBe(true);
  });

  test('works with operators and with absent fields', () => {
    const pattern = compilePattern({ $or: [{ a: [{ prefix: 'x' }] }, { b: [{ exists: false }] }] });
    expect(matches(pattern, { a: 'xyz', b: 1 })).toBe(true);
    expect(matches(pattern, { a: 'q' })).toBe(true);
    expect(matches(pattern, { a: 'q', b: 1 })).toBe(false);
  });

  test('keeps the element of an array within each branch', () => {
    const pattern = compilePattern({ a: { x: [1], $or: [{ y: [1] }, { z: [1] }] } });
    expect(matches(pattern, { a: [{ x: 1, z: 1 }, { y: 1 }] })).toBe(true);
    expect(matches(pattern, { a: [{ x: 1 }, { y: 1, z: 1 }] })).toBe(false);
  });

  test('has the later list stand for a field that is both in it and beside it', () => {
    const before = compilePattern({ a: ['1'], $or: [{ a: ['2'] }, { b: ['3'] }] });
    expect(matches(before, { a: '2' })).toBe(true);
    expect(matches(before, { a: '1' })).toBe(false);
    expect(matches(before, { a: '1', b: '3' })).toBe(true);
    const after = compilePattern({ $or: [{ a: ['2'] }, { b: ['3'] }], a: ['1'] });
    expect(matches(after, { a: '1' })).toBe(true);
    expect(matches(after, { a: '2' })).toBe(false);
  });
});

describe('$or that cannot be the operator is a field name', () => {
  test.each<[string, unknown, unknown]>([
    ['with an object', { s: ['1'], $or: { a: ['x'] } }, { s: '1', $or: { a: 'x' } }],
    ['with an array of values', { $or: ['x', 'y'] }, { $or: 'x' }],
    ['with one operator', { $or: [{ prefix: 'x' }] }, { $or: 'xyz' }],
    ['with several operators', { $or: [{ prefix: 'x' }, { suffix: 'z' }] }, { $or: 'az' }],
    ['with a range', { $or: [{ numeric: ['>', 1] }, { exists: false }] }, { $or: 2 }],
  ])('%s', (_, pattern, event) => {
    expect(match(pattern, event)).toBe(true);
    expect(match(pattern, { $or: 'other', s: '2' })).toBe(false);
  });
});
