import { describe, expect, test } from 'vitest';
import type { Mark, Point, Variant } from './points.ts';
import type { Outcome } from './trial.ts';
import { judge } from './verdict.ts';

const died = (
  variant: Variant,
  point: Point,
  more: Partial<Outcome> & { readonly last?: Mark } = {},
): Outcome => {
  const { last, ...rest } = more;
  return {
    plan: { key: 'k', variant, point, shares: [0] },
    deaths: [{ last }],
    refusedAtOnce: true,
    answer: { run: 'b' },
    replay: { run: 'b' },
    held: undefined,
    ...rest,
  };
};
const effectOf = (...runs: string[]) => ({ executions: runs.length, runs });
const ofB = effectOf('b');
const ofBoth = effectOf('a', 'b');

describe('the verdict on a key whose process was killed', () => {
  test.each<[string, Outcome, ReturnType<typeof effectOf>]>([
    ['an effect that is missing', died('atomic', 'claim: answered'), effectOf()],
    ['a double in one transaction', died('atomic', 'transaction: sent'), ofBoth],
    ['a double of a key that is held', died('plain hold', 'effect: answered', { held: 'r' }), ofBoth],
    ['a double after the completion', died('plain rerun', 'complete: unanswered'), ofBoth],
    [
      'a double after a random death before the effect',
      died('plain rerun', 'any await', { last: 'claim: sent' }),
      ofBoth,
    ],
    [
      'no double where the effect went unrecorded: the kill was none',
      died('plain rerun', 'effect: answered'),
      ofB,
    ],
    ['an answer of a run that had no effect', died('atomic', 'claim: answered'), effectOf('a')],
    ['a replay that is another answer', died('atomic', 'claim: answered', { replay: { run: 'a' } }), ofB],
    [
      'an answer other than the one told before the death',
      died('atomic', 'any await', { deaths: [{ last: 'answer: not sent', answer: { run: 'a' } }] }),
      ofB,
    ],
    ['a caller that never gets an answer', died('atomic', 'claim: sent', { answer: undefined }), ofB],
    [
      'a run while the lease of the dead lasts',
      died('atomic', 'claim: answered', { refusedAtOnce: false }),
      ofB,
    ],
    ['a key that is not held though nobody knows', died('plain hold', 'complete: not sent'), ofB],
    ['a key that is held without a reason', died('plain hold', 'complete: answered', { held: 'r' }), ofB],
    ['two effects of one run', died('plain rerun', 'effect: answered'), { executions: 2, runs: ['b'] }],
    [
      'a process that outlived its place',
      died('atomic', 'claim: sent', { deaths: [{ last: 'claim: answered', refused: 'X' }] }),
      ofB,
    ],
  ])('finds %s', (_, outcome, effect) => {
    expect(judge(outcome, effect).wrong).not.toEqual([]);
  });

  test.each<[string, Outcome, ReturnType<typeof effectOf>]>([
    ['one effect and one answer', died('atomic', 'transaction: not sent'), ofB],
    ['a double of an effect that went unrecorded', died('plain rerun', 'complete: late'), ofBoth],
    ['a double, or none, where the effect was on its way', died('plain rerun', 'effect: sent'), ofBoth],
    [
      'a double after a random death behind the effect',
      died('plain rerun', 'any await', { last: 'effect: answered' }),
      ofBoth,
    ],
    [
      'a key that is held for good, with its effect',
      died('plain hold', 'effect: answered', { held: 'r', answer: undefined }),
      effectOf('a'),
    ],
  ])('accepts %s', (_, outcome, effect) => {
    expect(judge(outcome, effect).wrong).toEqual([]);
  });
});
