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
    const callAt = (aheadMs: number) =>
      subject.sandbox({ now: () => Date.now() + aheadMs }).wrap(guard, charge.run)(
        { id: 1 },
        lambdaContext(10_000),
      );
    const a = callAt(0);
    await charge.begun(1, a);
    const retry = await outcomeOf(callAt(2_100));
    end.resolve('charged');
    await outcomeOf(a);
    return {
      ok: charge.peak === 1 && charge.runs === 1,
      observed: charge.runs > 1 ? `${charge.runs} runs at once` : `the retry got ${say(retry)}`,
    };
  },
};
