import { expect, test } from 'vitest';
import { KINDS, knowledgeOf, STORE_KINDS } from './faults.ts';
import { plansOf, sizesOf } from './plan.ts';
import { GUARDED, WAYS } from './ways.ts';

const plans = plansOf(1, sizesOf(6_000));

test('a seed gives the same plan each time, and another seed another one', () => {
  expect(plansOf(1, sizesOf(6_000))).toEqual(plans);
  expect(plansOf(2, sizesOf(6_000))).not.toEqual(plans);
});

test('a full campaign plans each fault at least 200 times', () => {
  const timesOf = (kind: string, group: string) =>
    plans.filter((plan) => plan.group === group).flatMap(({ faults }) => faults.filter((one) => one === kind))
      .length;
  for (const kind of KINDS) expect(timesOf(kind, 'hold'), kind).toBeGreaterThanOrEqual(200);
  for (const kind of STORE_KINDS) expect(timesOf(kind, 'atomic'), kind).toBeGreaterThanOrEqual(200);
});

test('each way that is guarded and meets more than refusals meets outcomes that its client cannot know', () => {
  for (const way of GUARDED.filter((name) => WAYS[name].faults !== 'refusal')) {
    const kinds = plans.flatMap((plan) => (plan.group === 'hold' && plan.way === way ? plan.faults : []));
    expect(new Set(kinds.map(knowledgeOf)), way).toContain('unknown');
  }
});
