import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

export const i11: Scenario = {
  id: 'I11',
  title: 'an optional field of the body is part of the key: a request without a body is refused',
  async run(subject) {
    const order = probe(() => ({ statusCode: 201 }));
    const handler = subject.sandbox().http({ operation: 'order', optionalBodyField: 'coupon' }, order.run);
    const call = async (body?: string) =>
      statusOf(
        await outcomeOf(handler(requestV2('/orders', { 'idempotency-key': 'k' }, body), lambdaContext())),
      );
    const without = [await call(), await call()];
    const runs = order.runs;
    const withField = await call('{"coupon":"X"}');
    return {
      ok: without.every((status) => status === 201) && runs === 1 && order.runs === 2,
      observed: `without a body ${without.join(' and ')}; with the field ${order.runs - runs === 1 ? 'another key' : withField}`,
    };
  },
};
