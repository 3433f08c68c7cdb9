import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { answerOf, requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

const LEVELS = 100_000;
const nested = (inmost: string) => `${'['.repeat(LEVELS)}${inmost}${']'.repeat(LEVELS)}`;

/** Two ids each that are JSON, and hard to make a key of. */
const IDS: readonly [string, string, string][] = [
  ['1e400', '1e400', '-1e400'],
  ['lone surrogate', String.raw`"\ud800"`, String.raw`"\ud801"`],
  ['100,000 levels', nested('1'), nested('2')],
];

export const i10: Scenario = {
  id: 'I10',
  title: 'JSON that no key can be made of is a 500, or shares a key',
  async run(subject) {
    const sandbox = subject.sandbox();
    const seen: string[] = [];
    let ok = true;
    for (const [name, one, other] of IDS) {
      const order = probe((nth) => ({ statusCode: 201, body: String(nth) }));
      const operation = `order-${IDS.findIndex(([of]) => of === name)}`;
      const handler = sandbox.http({ operation, bodyField: 'id' }, order.run);
      const call = (id: string) =>
        outcomeOf(handler(requestV2('/orders', {}, `{"id":${id}}`), lambdaContext()));
      const outcomes = [await call(one), await call(other)];
      const statuses = outcomes.map(statusOf);
      // Refused as a bad request, or taken for what it is: then the two are two.
      const isShared = statuses[1] === 201 && answerOf(outcomes[1] as (typeof outcomes)[1]).body === '1';
      ok &&= !isShared && statuses.every((status) => [201, 400, 422].includes(status));
      seen.push(`${name} ${isShared ? 'share a key' : [...new Set(statuses)].join(', ')}`);
    }
    return { ok, observed: seen.join('; ') };
  },
};
