import { lambdaContext } from '../contexts.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Event, Subject } from '../subject.ts';

const OPERATION = { operation: 'order', key: ['headers.key', 'body.orderId'] };

/** Two users send the same event, one after the other. What does the second one get? */
async function second(subject: Subject, requireKey: boolean, event: Event): Promise<Outcome> {
  const order = probe((_, { user }) => user);
  const call = subject.sandbox().wrap({ ...OPERATION, requireKey }, order.run);
  await outcomeOf(call({ ...event, user: 'ann' }, lambdaContext()));
  return outcomeOf(call({ ...event, user: 'bob' }, lambdaContext()));
}

const isAnns = (outcome: Outcome) => outcome.kind === 'value' && outcome.value === 'ann';

export const h04: Scenario = {
  id: 'H4',
  title: "a key with its parts missing is hashed as a real one: a user gets another's response",
  async run(subject) {
    // The control: with all of its parts it is one key, and whoever refuses everything has not passed.
    const same = await second(subject, true, { headers: { key: 'k' }, body: { orderId: 7 } });
    if (!isAnns(same)) return { ok: false, observed: 'a complete key was not replayed' };
    const cases: [string, boolean, Event][] = [
      ['all parts missing', false, { headers: {}, body: {} }],
      ['all missing, key required', true, { headers: {}, body: {} }],
      ['one missing, key required', true, { headers: { key: 'k' }, body: {} }],
    ];
    const leaks: string[] = [];
    for (const [name, requireKey, event] of cases) {
      if (isAnns(await second(subject, requireKey, event))) leaks.push(name);
    }
    return {
      ok: leaks.length === 0,
      observed:
        leaks.length > 0 ? `bob got ann's response: ${leaks.join('; ')}` : "nobody got another's response",
    };
  },
};
