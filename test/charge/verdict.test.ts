import { describe, expect, test } from 'vitest';
import type { Kind, StoreKind } from './faults.ts';
import type { AtomicPlan, HttpPlan } from './plan.ts';
import type { Outcome } from './trial.ts';
import { judge, type Truth } from './verdict.ts';

const charge = (id: string, amount = 5) => ({ id, key: 'k', amount });
const recorded = (id: string): Truth['record'] => ({
  state: 'completed',
  result: JSON.stringify(charge(id)),
});
const IN_PROGRESS: Truth['record'] = { state: 'in-progress', result: '' };

const COMMON = { key: 'k', amount: 5, callers: 1 } as const;
const told = { answers: [charge('a'), charge('a')], isHeld: false, isSettled: true, history: [] };
const held = { answers: [], isHeld: true, isSettled: true, history: [] };

/** Requests that met these faults, a run each. */
function http(kinds: readonly Kind[], more: Partial<Outcome> = told): Outcome<HttpPlan> {
  const plan: HttpPlan = {
    ...{ ...COMMON, group: 'hold', client: 'fetch', way: 'plain', isWrapped: false, faults: kinds },
  };
  const sent = kinds.map((kind, at) => ({ kind, run: at + 1, isMet: true }));
  return { ...told, plan, sent, ...(more as Partial<Outcome<HttpPlan>>) };
}

function atomic(more: Partial<Outcome> = told): Outcome<AtomicPlan> {
  const faults: readonly StoreKind[] = ['answer lost', 'none'];
  const plan: AtomicPlan = { ...COMMON, group: 'atomic', refusals: 0, maxAttempts: 1, faults };
  const sent = faults.map((kind) => ({ kind, run: 1, isMet: true }));
  return { ...told, plan, sent, ...(more as Partial<Outcome<AtomicPlan>>) };
}

const once: Truth = { charges: [charge('a')], record: recorded('a') };
const onceUnrecorded: Truth = { charges: [charge('a')], record: IN_PROGRESS };
const never: Truth = { charges: [], record: undefined };

describe('the verdict on a key that was charged over a bad network', () => {
  test.each<[string, Outcome<HttpPlan> | Outcome<AtomicPlan>, Truth]>([
    ['a key that is charged once', http(['none']), once],
    ['one that is charged after refusals', http(['connection refused', '402, not charged', 'none']), once],
    ['one that is answered though its answer came twice', http(['answer twice']), once],
    ['one that is held and was charged', http(['answer lost, reset'], held), onceUnrecorded],
    [
      'one that is held and was not charged',
      http(['request lost, reset'], held),
      { ...never, record: IN_PROGRESS },
    ],
    ['one that is answered after an answer that a client takes', http(['200, too large']), once],
    [
      'one that runs again after a request that was never sent',
      http(['answer late', 'none'], { sent: [{ kind: 'answer late', run: 1, isMet: false }] }),
      once,
    ],
    ['one that is charged in a transaction', atomic(), once],
  ])('accepts %s', (_, outcome, truth) => {
    expect(judge(outcome, truth)).toEqual({ isChargedTwice: false, wrong: [] });
  });

  test.each<[string, Outcome<HttpPlan> | Outcome<AtomicPlan>, Truth, string]>([
    [
      'a key that is charged twice',
      http(['answer lost, reset', 'none']),
      { ...once, charges: [charge('a'), charge('b')] },
      'charged 2 times',
    ],
    [
      'one that is charged twice in transactions',
      atomic(),
      { ...once, charges: [charge('a'), charge('b')] },
      'charged 2 times',
    ],
    [
      'a run after an unknown outcome that did no harm',
      http(['request lost, reset', 'none']),
      once,
      'after one',
    ],
    ['an answer without a charge', http(['none']), { ...once, charges: [] }, 'never charged'],
    [
      'an answer with another charge',
      http(['none']),
      { charges: [charge('b')], record: recorded('b') },
      'a caller got "a", which was never charged',
    ],
    [
      'a record without a charge',
      http(['answer late'], held),
      { charges: [], record: recorded('a') },
      'is recorded',
    ],
    ['an answer without a record', http(['none']), onceUnrecorded, 'not recorded'],
    [
      'a record of another charge than the one that callers got',
      http(['none']),
      { charges: [charge('a'), charge('b')], record: recorded('b') },
      'not what callers got',
    ],
    [
      'two answers that differ',
      http(['none'], { answers: [charge('a'), charge('b')] }),
      { ...once, charges: [charge('a'), charge('b')] },
      'callers got a and b',
    ],
    ['another amount', http(['none']), { ...once, charges: [charge('a', 6)] }, 'another amount'],
    ['a key that is held without a reason', http(['402, not charged'], held), never, 'held though'],
    [
      'a key that was refused only and never charged',
      http(['402, not charged'], { answers: [] }),
      never,
      'refused only',
    ],
    [
      'callers without an answer',
      http(['answer late'], { ...held, isHeld: false }),
      onceUnrecorded,
      'never got',
    ],
    [
      'a key that is answered and held',
      http(['answer late'], { isHeld: true }),
      once,
      'answered and is held',
    ],
    ['a late caller that gets something else', http(['none'], { isSettled: false }), once, 'one more caller'],
    ['a transaction that is held for good', atomic(held), onceUnrecorded, 'not recorded'],
    ['a transaction that was lost', atomic(), { ...once, charges: [] }, 'expected once'],
  ])('finds %s', (_, outcome, truth, why) => {
    expect(judge(outcome, truth).wrong.join('; ')).toContain(why);
  });
});
