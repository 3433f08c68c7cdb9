import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import { answerLostOnce, onWrite } from '../wire.ts';

export const h08: Scenario = {
  id: 'H8',
  title: 'ghost write: the claim is applied, its answer lost, and its own retry refused',
  async run(subject) {
    const charge = probe(() => 'charged');
    const guard = { operation: 'charge', key: ['id'] };
    const unlucky = subject.sandbox({ fault: onWrite(1, answerLostOnce) });
    const first = await outcomeOf(unlucky.wrap(guard, charge.run)({ id: 1 }, lambdaContext()));
    const { runs } = charge;
    const retry = await outcomeOf(subject.sandbox().wrap(guard, charge.run)({ id: 1 }, lambdaContext()));
    return {
      ok: charge.runs === 1 && runs === 1 && say(first) === 'charged' && say(retry) === 'charged',
      observed: `${times(runs)}; the caller got ${say(first)}, its retry ${say(retry)}`,
    };
  },
};
