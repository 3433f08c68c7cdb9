import { lambdaContext } from '../contexts.ts';
import { errorOf, outcomeOf, say, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Sandbox } from '../subject.ts';

/** What an error says, with what has caused it. */
const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${textOf(error.cause)}` : '';

/** It works, or says what is wrong. Undefined where neither. */
async function tried(sandbox: Promise<Sandbox>, hint: RegExp, remainingMs?: number) {
  const order = probe(() => 'ordered');
  const call = async () => {
    const handler = (await sandbox).wrap(
      { operation: remainingMs === undefined ? 'order' : 'unlimited', key: ['id'] },
      order.run,
    );
    return handler({ id: 1 }, lambdaContext(remainingMs));
  };
  const outcomes = [await outcomeOf(call()), await outcomeOf(call())];
  if (outcomes.every((outcome) => say(outcome) === 'ordered') && order.runs === 1)
    return { ok: true, seen: 'works' };
  const [first] = outcomes as [(typeof outcomes)[0], ...typeof outcomes];
  if (order.runs === 0 && hint.test(textOf(errorOf(first)))) return { ok: true, seen: 'says what is wrong' };
  return { ok: false, seen: `${times(order.runs)}, ${outcomes.map(say).join(', ')}` };
}

export const i19: Scenario = {
  id: 'I19',
  title:
    'a table with a sort key, a key attribute that a record uses too, no time limit: fails without a hint',
  async run(subject) {
    const cases = [
      ['sort key', await tried(subject.odd('a sort key'), /sort ?key/i)],
      ['key attribute', await tried(subject.odd('a key attribute that the record has too'), /key ?attr/i)],
      [
        'no time limit',
        await tried(Promise.resolve(subject.sandbox()), /remaining ?time/i, Number.POSITIVE_INFINITY),
      ],
    ] as const;
    return {
      ok: cases.every(([, { ok }]) => ok),
      observed: cases.map(([name, { seen }]) => `${name}: ${seen}`).join('; '),
    };
  },
};
