import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import { requestV2 } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

/** What handlers return that API Gateway takes. */
const ANSWERS: readonly [string, unknown][] = [
  ['null headers', { statusCode: 201, headers: null, body: 'ordered' }],
  ['nothing', undefined],
  ['a string', 'ordered'],
  ['no statusCode', { orderId: 7 }],
];

export const i05: Scenario = {
  id: 'I5',
  title: 'an answer that is not { statusCode, headers, body } throws after the effect, or is not recorded',
  async run(subject) {
    const sandbox = subject.sandbox();
    const wrong: string[] = [];
    for (const [at, [name, answer]] of ANSWERS.entries()) {
      const order = probe(() => answer);
      const handler = sandbox.http({ operation: 'order' }, order.run);
      const call = () =>
        outcomeOf(handler(requestV2('/orders', { 'idempotency-key': `k${at}` }, '{}'), lambdaContext()));
      const outcomes = [await call(), await call()];
      const threw = outcomes.find(({ kind }) => kind !== 'value');
      if (order.runs !== 1) wrong.push(`${name}: ${times(order.runs)}`);
      else if (threw) wrong.push(`${name}: ${say(threw)}`);
    }
    return {
      ok: wrong.length === 0,
      observed: wrong.join('; ') || `each of ${ANSWERS.length} ran once and was replayed`,
    };
  },
};
