import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const holds = (condition: unknown, value: unknown): boolean =>
  matches(compilePattern({ field: [condition] }), { field: value });

const FORMS: readonly [unknown, readonly unknown[], readonly unknown[]][] = [
  // What anything-but is given, what it matches, what it does not match.
  ['a', ['b', '', 'A', 'ab', 5, true, null], ['a']],
  [5, [6, '5', 'a', false, null, 5_000_000_001, 0.1234567], [5]],
  [0, ['0', '', false, null, 1], [0, -0]],
  [
    ['a', 'b'],
    ['c', 'ab', 1, null],
    ['a', 'b'],
  ],
  [
    [1, 2.5],
    [3, '1', null],
    [1, 2.5],
  ],
  [{ prefix: 'us-' }, ['eu-us-', 'us', '', 5, null, true], ['us-', 'us-1']],
  [{ prefix: ['us-', 'eu-'] }, ['ap-1', 5, null], ['us-1', 'eu-1']],
  [{ suffix: '.png' }, ['png', '.png.zip', '.PNG', 5, null], ['.png', 'a.png']],
  [{ suffix: ['.png', '.jpg'] }, ['a.gif', 5, null], ['a.png', 'a.jpg']],
  [{ 'equals-ignore-case': 'New' }, ['news', 'ne', 5, null], ['new', 'NEW', 'nEw']],
  [{ 'equals-ignore-case': ['New', 'old'] }, ['mid', 5, null], ['NEW', 'OLD']],
  [{ wildcard: '*/lib/*' }, ['/lib', 'lib/', 5, null], ['/lib/', 'a/lib/b']],
  [{ wildcard: ['*/lib/*', 'x*'] }, ['/bin/', 5, null], ['a/lib/b', 'xyz']],
  [{ wildcard: '' }, ['a', 5, null], ['']],
];

describe.each(FORMS)('anything-but %j', (given, matching, failing) => {
  test.each(matching.map((value) => [value]))('matches %j', (value) => {
    expect(holds({ 'anything-but': given }, value)).toBe(true);
  });

  test.each(failing.map((value) => [value]))('does not match %j', (value) => {
    expect(holds({ 'anything-but': given }, value)).toBe(false);
  });

  test('does not match an event without the field', () => {
    const pattern = compilePattern({ field: [{ 'anything-but': given }] });
    expect(matches(pattern, {})).toBe(false);
    expect(matches(pattern, { field: [] })).toBe(false);
    expect(matches(pattern, { field: { inner: 'leaf' } })).toBe(false);
  });
});

describe('anything-but', () => {
  test('matches an array when one of its values is another', () => {
    const pattern = compilePattern({ field: [{ 'anything-but': ['a', 'b'] }] });
    expect(matches(pattern, { field: ['a', 'c'] })).toBe(true);
    expect(matches(pattern, { field: ['a', 'b'] })).toBe(false);
  });

  test('twice in one list matches everything that is there: one or the other holds', () => {
    const pattern = compilePattern({ field: [{ 'anything-but': 'a' }, { 'anything-but': 'b' }] });
    expect(['a', 'b', 'c'].map((field) => matches(pattern, { field }))).toEqual([true, true, true]);
  });

  test('compares addresses as text', () => {
    expect(holds({ 'anything-but': '::1' }, '0:0:0:0:0:0:0:1')).toBe(true);
  });
});
