import middy from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';
import type { Run } from '../subject.ts';

export const i12: Scenario = {
  id: 'I12',
  title: 'a parser before has made an object of the body: every request is a 500',
  async run(subject) {
    const order = probe(() => ({ statusCode: 201 }));
    const guard = { operation: 'order', bodyField: 'orderId', isParsed: true };
    const handler = middy()
      .use(httpJsonBodyParser())
      .handler(subject.sandbox().http(guard, order.run) as never) as unknown as Run;
    const call = async (orderId: number) =>
      statusOf(
        await outcomeOf(handler(requestV2('/orders', {}, JSON.stringify({ orderId })), lambdaContext())),
      );
    const statuses = [await call(7), await call(7)];
    const { runs } = order;
    statuses.push(await call(8));
    return {
      ok: statuses.every((status) => status === 201) && runs === 1 && order.runs === 2,
      observed: statuses.every((status) => status === 201)
        ? `two orders, ${order.runs} runs`
        : `got ${statuses.join(', ')}`,
    };
  },
};
