import { lambdaContext } from '../contexts.ts';
import { errorOf, outcomeOf, say } from '../outcome.ts';
import { never, probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const A_MINUTE_MS = 60_000;
const TRIES = 20;

export const h18: Scenario = {
  id: 'H18',
  title: 'no time left means no lease: locked for the whole retention',
  async run(subject) {
    const charge = probe((_, { killed }) => (killed ? never() : 'charged'));
    const callIn = (sandbox = subject.sandbox(), killed = false) =>
      sandbox.wrap({ operation: 'charge', key: ['id'] }, charge.run)(
        { id: 1, killed },
        lambdaContext(killed ? 0 : 10_000),
      );
    const last = subject.sandbox();
    // With no time left the store is waited for but a moment, which a busy machine may miss: then nothing is claimed.
    for (let tries = 0; tries < TRIES && (await subject.rows()).length === 0; tries++)
      await charge.begun(1, callIn(last, true));
    const atOnce = await outcomeOf(callIn());
    const later = await outcomeOf(callIn(subject.sandbox({ now: () => Date.now() + A_MINUTE_MS })));
    return {
      ok: subject.errorKind(errorOf(atOnce)) === 'in-flight' && say(later) === 'charged',
      observed: `a retry at once got ${say(atOnce)}, one after a minute ${say(later)}`,
    };
  },
};
