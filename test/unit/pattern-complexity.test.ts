import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';
import { parseWildcard } from '../../lib/local/events/pattern/wildcard.ts';
import { wildcardComplexity } from '../../lib/local/events/pattern/wildcard-complexity.ts';

const groups = (...texts: readonly string[]) => texts.map((text) => [parseWildcard(text, 'field')]);

describe('the complexity of wildcards', () => {
  // Counted by a person. EventBridge has quotes around the text; they are shown only where they count.
  test.each<[readonly string[], number, string]>([
    [['q'], 1, 'q'],
    [['p*q'], 2, 'p*, p*q'],
    [['pp*'], 2, 'pp, pp*'],
    [['*pq'], 2, '*, *pq'],
    [['*pp'], 3, '*, *p, *pp'],
    [['p*qq'], 3, 'p*, p*q, p*qq'],
    [['p*q*qq'], 5, 'p*, p*q, p*q*, p*q*q, p*q*qq'],
    [['*pqp*'], 4, '*, *p, *pqp, *pqp*'],
    [['*p*p*p*p*'], 9, 'all nine'],
    [['*p*p*p*p*pq'], 10, 'all but the last two'],
    [['*p*p*p*p*p*'], 11, 'all eleven'],
    [['pq*rs', 'pq*tu'], 4, 'pq and pq* of both'],
    [['p*q', 'r*s'], 2, 'those of one: no input begins with p and with r'],
    [['pqr*', 'pqrst*'], 4, 'pqr*, pqrst* and each with the closing quote'],
  ])('%j is %i: %s', (texts, expected) => {
    expect(wildcardComplexity(groups(...texts), 100)).toBe(expected);
  });

  test('counts what an anything-but list has in common once', () => {
    const list = ['*p*', '*q*'].map((text) => parseWildcard(text, 'field'));
    // `*`, `*p*`, `*q*` and the closing quote; apart, two of each.
    expect(wildcardComplexity([list], 100)).toBe(4);
    expect(wildcardComplexity(groups('*p*', '*q*'), 100)).toBe(6);
  });

  test('is not counted any further once it is above the limit', () => {
    expect(wildcardComplexity(groups('*p*p*p*p*p*p*'), 5)).toBeGreaterThan(5);
  });
});

const TOO_COMPLEX =
  'Event pattern is not valid. Reason: Rule is too complex - try using fewer wildcard characters or fewer ' +
  'repeating character sequences after a wildcard character';

describe('a pattern whose wildcards are too complex', () => {
  const stacks = (count: number) =>
    ['Api', 'Web', 'Data', 'Jobs'].slice(0, count).map((name) => ({ wildcard: `*:stack/${name}/*` }));

  test.each<[string, unknown]>([
    ['one wildcard of six asterisks', { a: [{ wildcard: '*:*:*:*:*:event-bus/*' }] }],
    ['four wildcards that begin alike', { a: stacks(4) }],
    ['the same in anything-but', { a: [{ 'anything-but': { wildcard: '*:*:*:*:*:event-bus/*' } }] }],
    ['the same below and beside other fields', { s: ['x'], d: { z: stacks(4), a: [1] } }],
    [
      'the same in branches that ask the same before',
      { $or: stacks(4).map((one) => ({ a: ['s'], z: [one] })) },
    ],
    ['text that repeats after an asterisk', { a: [{ wildcard: `*${'ab'.repeat(12)}` }] }],
    ['a complexity of 11', { a: [{ wildcard: '*p*p*p*p*p*' }] }],
  ])('is refused: %s', (_, pattern) => {
    expect(() => compilePattern(pattern)).toThrow(TOO_COMPLEX);
  });

  test.each<[string, unknown]>([
    ['a complexity of 10', { a: [{ wildcard: '*p*p*p*p*pq' }] }],
    ['three wildcards that begin alike', { a: stacks(3) }],
    ['four in two fields', { a: stacks(2), b: stacks(2) }],
    ['four with different beginnings', { a: ['p*x', 'q*x', 'r*x', 's*x'].map((wildcard) => ({ wildcard })) }],
    ['a path that repeats a little', { a: [{ wildcard: '/home/*/dir/dir/dir/dir/dir/a.txt' }] }],
    ['text that repeats before the asterisk', { a: [{ wildcard: `${'ab'.repeat(12)}*` }] }],
    ['the same wildcard many times', { a: Array.from({ length: 9 }, () => ({ wildcard: '*x*' })) }],
    [
      'branches that ask for different things first',
      { $or: stacks(4).map((one, index) => ({ a: [index], z: [one] })) },
    ],
  ])('is not one with %s', (_, pattern) => {
    expect(() => compilePattern(pattern)).not.toThrow();
  });
});
