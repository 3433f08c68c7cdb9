import { setTimeout as sleep } from 'node:timers/promises';
import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h20: Scenario = {
  id: 'H20',
  title: 'a retention shorter than the run: taken over in the middle of it',
  async run(subject) {
    const end = Promise.withResolvers<string>();
    const charge = probe((nth) => (nth === 1 ? end.promise : 'again'));
    const guard = { operation: 'charge', key: ['id'], retentionSeconds: 1 };
    const call = () => subject.sandbox().wrap(guard, charge.run)({ id: 1 }, lambdaContext(10_000));
    const a = call();
    await charge.begun(1, a);
    await sleep(2_100);
    const retry = await outcomeOf(call());
    end.resolve('charged');
    await outcomeOf(a);
    return {
      ok: charge.peak === 1 && charge.runs === 1,
      observed: charge.runs > 1 ? `${charge.runs} runs at once` : `the retry got ${say(retry)}`,
    };
  },
};
