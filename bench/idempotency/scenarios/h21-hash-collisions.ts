import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Event, Subject } from '../subject.ts';

const DIFFERENT: readonly [string, Event, Event][] = [
  ['NaN and null', { id: 1, amount: Number.NaN }, { id: 1, amount: null }],
  ['two Maps', { id: 2, items: new Map([['a', 1]]) }, { id: 2, items: new Map([['b', 2]]) }],
  ['own __proto__ and none', JSON.parse('{ "id": 3, "__proto__": { "admin": true } }'), { id: 3 }],
];

const SAME: readonly [string, Event, Event][] = [
  ['order of members', { id: 4, b: 1, c: 2 }, { c: 2, b: 1, id: 4 }],
  ['order of {a, A}', { id: 5, a: 1, A: 2 }, { A: 2, a: 1, id: 5 }],
];

/** Whether the second event is answered with the result of the first. One that is refused shares nothing. */
async function share(subject: Subject, first: Event, second: Event): Promise<boolean> {
  const order = probe((nth) => nth);
  const call = subject.sandbox().wrap({ operation: 'order', key: [] }, order.run);
  const outcomes = [
    await outcomeOf(call(first, lambdaContext())),
    await outcomeOf(call(second, lambdaContext())),
  ];
  return order.runs === 1 && outcomes.every(({ kind }) => kind === 'value');
}

export const h21: Scenario = {
  id: 'H21',
  title: 'hash collisions: different events share a key, or equal ones do not',
  async run(subject) {
    const wrong: string[] = [];
    for (const [name, a, b] of DIFFERENT) if (await share(subject, a, b)) wrong.push(`${name} share a key`);
    for (const [name, a, b] of SAME) if (!(await share(subject, a, b))) wrong.push(`${name} makes two keys`);
    return {
      ok: wrong.length === 0,
      observed:
        wrong.join('; ') || `${DIFFERENT.length} pairs apart or refused, ${SAME.length} pairs together`,
    };
  },
};
