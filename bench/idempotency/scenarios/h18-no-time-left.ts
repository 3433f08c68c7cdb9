import { lambdaContext } from '../contexts.ts';
import { errorOf, outcomeOf, say } from '../outcome.ts';
import { never, probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const A_MINUTE_MS = 60_000;

export const h18: Scenario = {
  id: 'H18',
  title: 'no time left means no lease: locked for the whole retention',
  async run(subject) {
    const charge = probe((nth) => (nth === 1 ? never() : 'charged'));
    const callIn = (sandbox = subject.sandbox(), remainingMs = 10_000) =>
      sandbox.wrap({ operation: 'charge', key: ['id'] }, charge.run)({ id: 1 }, lambdaContext(remainingMs));
    const killed = callIn(subject.sandbox(), 0);
    await charge.begun(1, killed);
    const atOnce = await outcomeOf(callIn());
    const later = await outcomeOf(callIn(subject.sandbox({ now: () => Date.now() + A_MINUTE_MS })));
    return {
      ok: subject.errorKind(errorOf(atOnce)) === 'in-flight' && say(later) === 'charged',
      observed: `a retry at once got ${say(atOnce)}, one after a minute ${say(later)}`,
    };
  },
};
