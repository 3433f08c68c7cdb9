import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { answerOf, requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

export const i08: Scenario = {
  id: 'I8',
  title: 'one key and one body on two paths: the second request is never executed',
  async run(subject) {
    const put = probe((_, { rawPath }) => ({ statusCode: 200, body: rawPath }));
    const handler = subject.sandbox().http({ operation: 'put-order' }, put.run);
    const call = (path: string) =>
      outcomeOf(
        handler(requestV2(path, { 'idempotency-key': 'k' }, '{"state":"paid"}', 'PUT'), lambdaContext()),
      );
    await call('/orders/7');
    const replay = await call('/orders/7');
    const second = await call('/orders/8');
    const isMade = answerOf(second).body === '/orders/8';
    return {
      ok: answerOf(replay).body === '/orders/7' && (isMade || statusOf(second) === 422),
      observed: `/orders/8 ${isMade ? 'was executed' : statusOf(second) < 400 ? `got the answer of ${answerOf(second).body}` : `got ${statusOf(second)}`}`,
    };
  },
};
