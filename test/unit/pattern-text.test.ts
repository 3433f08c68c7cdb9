import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const holds = (condition: unknown, value: unknown): boolean =>
  matches(compilePattern({ field: [condition] }), { field: value });

const noCase = (text: string) => ({ 'equals-ignore-case': text });

describe('operators on text', () => {
  test.each<[object, unknown, boolean]>([
    [{ prefix: 'us-' }, 'us-east-1', true],
    [{ prefix: 'us-' }, 'us-', true],
    [{ prefix: 'us-' }, 'eu-us-1', false],
    [{ prefix: 'us-' }, 'US-east-1', false],
    [{ prefix: 'us-' }, 'us', false],
    [{ prefix: '' }, 'anything', true],
    [{ prefix: '' }, '', true],
    [{ prefix: '' }, 12, false],
    [{ prefix: '1' }, 12, false],
    [{ prefix: 'n' }, null, false],
    [{ prefix: 't' }, true, false],
    [{ suffix: '.png' }, 'cat.png', true],
    [{ suffix: '.png' }, '.png', true],
    [{ suffix: '.png' }, 'cat.PNG', false],
    [{ suffix: '.png' }, 'png', false],
    [{ suffix: '' }, 'anything', true],
    [{ suffix: '2' }, 12, false],
    [{ suffix: '' }, null, false],
    [noCase('Alice'), 'aLICE', true],
    [noCase('Alice'), 'alices', false],
    [noCase(''), '', true],
    [noCase(''), 'a', false],
    [noCase('5'), 5, false],
    [noCase('a.c'), 'abc', false],
    [noCase('a.c'), 'A.C', true],
    [noCase('été'), 'ÉTÉ', true],
    [noCase('ß'), 'SS', true],
    [noCase('SS'), 'ß', false],
    [noCase('k'), '\u212a', false],
    [noCase('😀a'), '😀A', true],
    [{ prefix: noCase('EventB') }, 'eventbridge', true],
    [{ prefix: noCase('EventB') }, 'EVENTB', true],
    [{ prefix: noCase('EventB') }, 'an eventb', false],
    [{ prefix: noCase('') }, 'x', true],
    [{ prefix: noCase('1') }, 12, false],
    [{ suffix: noCase('.Png') }, 'cat.pNG', true],
    [{ suffix: noCase('.Png') }, 'cat.png.zip', false],
    [{ suffix: noCase('.Png') }, 'cat_png', false],
    [{ suffix: noCase('2') }, 12, false],
  ])('%j for %j: %s', (condition, value, expected) => {
    expect(holds(condition, value)).toBe(expected);
  });
});

describe('wildcard', () => {
  test.each<[string, unknown, boolean]>([
    ['*', '', true],
    ['*', 'anything', true],
    ['*', 12, false],
    ['*', null, false],
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*a', 'aa', true],
    ['a*a', 'a', false],
    ['a*a', 'aba', true],
    ['ab*ba', 'aba', false],
    ['*a*', 'xax', true],
    ['*a*', 'xx', false],
    ['dir/*/file', 'dir/a/b/file', true],
    ['dir/*/file', 'dir/file', false],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'acb', false],
    ['a*b*b', 'ab', false],
    ['*ab*ab', 'xabab', true],
    ['*ab*ab', 'xab', false],
    ['a.*', 'abc', false],
    ['a*z', 'A-z', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\**', 'a*b', true],
    ['a\\**', 'ab', false],
    ['\\\\', '\\', true],
    ['\\\\*', '\\x', true],
    ['\\\\*', 'x', false],
    ['été*', 'étés', true],
  ])('%j for %j: %s', (wildcard, value, expected) => {
    expect(holds({ wildcard }, value)).toBe(expected);
  });

  test('takes no longer than the text for a pattern that invites backtracking', () => {
    const wildcard = '*a*a*a*b';
    const text = 'a'.repeat(200_000);
    expect(holds({ wildcard }, text)).toBe(false);
    expect(holds({ wildcard }, `${text}b`)).toBe(true);
  });
});
