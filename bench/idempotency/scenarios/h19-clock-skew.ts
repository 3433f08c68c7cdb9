import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const SKEW_MS = 5_000;
const A_MINUTE_MS = 60_000;

export const h19: Scenario = {
  id: 'H19',
  title: 'clock skew lets a peer take over a live lease',
  async run(subject) {
    const end = Promise.withResolvers<string>();
    const charge = probe((nth) => (nth === 1 ? end.promise : 'again'));
    const callAt = (aheadMs: number) =>
      subject
        .sandbox({ now: () => Date.now() + aheadMs })
        .wrap({ operation: 'charge', key: ['id'] }, charge.run)({ id: 1 }, lambdaContext(3_000));
    const a = callAt(0);
    await charge.begun(1, a);
    const fast = await outcomeOf(callAt(SKEW_MS));
    const { runs } = charge;
    // The control: a lease does end.
    const late = await outcomeOf(callAt(A_MINUTE_MS));
    end.resolve('charged');
    await outcomeOf(a);
    return {
      ok: runs === 1 && say(late) === 'again',
      observed: `a clock 5 s ahead of a 3 s lease: ${runs > 1 ? `${runs} runs at once` : say(fast)}`,
    };
  },
};
