import { isDeepStrictEqual } from 'node:util';
import { lambdaContext } from '../contexts.ts';
import { type Outcome, outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const RESULTS: readonly [string, () => unknown][] = [
  ['Map', () => ({ items: new Map([['a', 1]]) })],
  ['Buffer', () => ({ bytes: Buffer.from('abc') })],
  ['bigint', () => ({ cents: 100n })],
  ['-0', () => ({ balance: -0 })],
  ['toJSON', () => ({ money: { cents: 100, toJSON: () => '1.00' } })],
  // biome-ignore lint/suspicious/noSparseArray: that is what is tested.
  ['sparse array', () => ({ list: [1, , 3] })],
];

/** The same value, or the same kind of error. */
const isSame = (first: Outcome, replay: Outcome) =>
  first.kind === 'value' && replay.kind === 'value'
    ? isDeepStrictEqual(first.value, replay.value)
    : first.kind === replay.kind && say(first) === say(replay);

export const h10: Scenario = {
  id: 'H10',
  title: 'the first response differs from its replay',
  async run(subject) {
    const differs: string[] = [];
    for (const [name, make] of RESULTS) {
      const report = probe(make);
      const call = () =>
        outcomeOf(
          subject.sandbox().wrap({ operation: 'report', key: ['id'] }, report.run)(
            { id: name },
            lambdaContext(),
          ),
        );
      const first = await call();
      const replay = await call();
      if (!isSame(first, replay)) differs.push(name);
    }
    return {
      ok: differs.length === 0,
      observed:
        differs.length > 0
          ? `differs: ${differs.join(', ')}`
          : `${RESULTS.length} of ${RESULTS.length} are the same`,
    };
  },
};
