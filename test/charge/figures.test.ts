import { expect, test } from 'vitest';
import type { Judged } from './campaign.ts';
import { KINDS } from './faults.ts';
import { figuresOf } from './figures.ts';
import { plansOf, sizesOf } from './plan.ts';

const KEYS = 600;

/** All that a plan of that size would come to where each fault is met and all goes well, but for what a key is found to be. */
function judgedWith(change: (one: Judged) => Partial<Judged>): readonly Judged[] {
  return plansOf(1, sizesOf(KEYS)).map((plan): Judged => {
    const one: Judged = {
      outcome: {
        ...{ plan, answers: [], isHeld: true, isSettled: true, history: [] },
        sent: plan.faults.map((kind) => ({ kind, run: 1, isMet: true })),
      },
      verdict: { isChargedTwice: plan.group === 'careless', wrong: [] },
      charges: 1,
    };
    return { ...one, ...change(one) };
  });
}

const wrongWith = (change: (one: Judged) => Partial<Judged>) => figuresOf(judgedWith(change), KEYS).wrong;

test('a campaign is right where each fault was met and only careless handlers charge twice', () => {
  expect(wrongWith(() => ({}))).toEqual([]);
});

test('a campaign is wrong where a careless handler is not found out', () => {
  const wrong = wrongWith(() => ({ verdict: { isChargedTwice: false, wrong: [] } }));
  expect(wrong).toEqual(['careless: no key was found to be charged twice']);
});

test('a campaign is wrong where one key is', () => {
  const wrong = wrongWith(({ outcome, verdict }) => ({
    verdict: { ...verdict, wrong: outcome.plan.key === 'atomic 3' ? ['it was lost'] : [] },
  }));
  expect(wrong).toEqual(['atomic: 1 keys are wrong']);
});

test('a campaign is wrong where a fault was planned and not met', () => {
  const [rare] = KINDS;
  const wrong = wrongWith(({ outcome }) => ({
    outcome: { ...outcome, sent: outcome.sent.filter(({ kind }) => kind !== rare) },
  }));
  expect(wrong).toContain(`hold: too rare to be tested: ${rare}`);
});

test('a campaign is wrong where the network was good', () => {
  const passed = Array.from({ length: 30 }, () => ({ kind: 'none', run: 1, isMet: true }) as const);
  const wrong = wrongWith(({ outcome }) => ({ outcome: { ...outcome, sent: [...outcome.sent, ...passed] } }));
  expect(wrong.join()).toContain('met a fault');
});
