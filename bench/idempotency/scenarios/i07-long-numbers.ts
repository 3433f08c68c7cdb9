import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { answerOf, requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

export const i07: Scenario = {
  id: 'I7',
  title: 'two long ids in a JSON body are one number: the second order gets the answer to the first',
  async run(subject) {
    const order = probe((_, { body }) => ({ statusCode: 201, body }));
    const handler = subject.sandbox().http({ operation: 'order', bodyField: 'orderId' }, order.run);
    const call = (orderId: string) =>
      outcomeOf(handler(requestV2('/orders', {}, `{"orderId":${orderId}}`), lambdaContext()));
    // The control: a number that JSON can hold is a key.
    await call('7');
    const replay = await call('7');
    if (order.runs !== 1 || statusOf(replay) !== 201)
      return { ok: false, observed: `7 is not a key: ${statusOf(replay)}` };
    const first = await call('1524831183200260097');
    const second = await call('1524831183200260098');
    const isMade = answerOf(second).body?.includes('098') === true;
    return {
      // Refused as another payload, it is not made either, but its caller knows.
      ok: isMade || [400, 422].includes(statusOf(second)),
      observed: `…097 got ${statusOf(first)}; …098 ${isMade ? 'was made' : statusOf(second) < 400 ? "got the other's answer" : statusOf(second)}`,
    };
  },
};
