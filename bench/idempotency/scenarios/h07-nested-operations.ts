import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h07: Scenario = {
  id: 'H7',
  title: 'nested calls on one store complete under the wrong key',
  async run(subject) {
    const sandbox = subject.sandbox();
    const payment = probe(() => 'paid');
    const pay = sandbox.wrap({ operation: 'pay', key: ['id'] }, payment.run);
    const order = sandbox.wrap({ operation: 'order', key: ['id'] }, async (event, context) => {
      await pay(event, context);
      return 'ordered';
    });
    await outcomeOf(order({ id: 1 }, lambdaContext()));
    const orderAgain = await outcomeOf(order({ id: 1 }, lambdaContext()));
    const payAgain = await outcomeOf(pay({ id: 1 }, lambdaContext()));
    return {
      ok: say(orderAgain) === 'ordered' && say(payAgain) === 'paid' && payment.runs === 1,
      observed: `retries: the order got ${say(orderAgain)}, the payment ${say(payAgain)}`,
    };
  },
};
