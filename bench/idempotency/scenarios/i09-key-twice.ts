import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { requestV1, requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';
import type { Event } from '../subject.ts';

const TWICE: readonly [string, Event][] = [
  ['joined by a comma', requestV2('/orders', { 'idempotency-key': 'a,b' }, '{}')],
  ['two values', requestV1('/orders', { 'Idempotency-Key': ['a', 'b'] }, '{}')],
  ['two spellings', requestV1('/orders', { 'Idempotency-Key': 'a', 'idempotency-key': 'b' }, '{}')],
];

export const i09: Scenario = {
  id: 'I9',
  title: 'the header Idempotency-Key is sent twice: one of them, or both joined, is the key',
  async run(subject) {
    const sandbox = subject.sandbox();
    const seen: string[] = [];
    let ok = true;
    for (const [name, event] of TWICE) {
      const order = probe(() => ({ statusCode: 201 }));
      const handler = sandbox.http({ operation: name.replaceAll(' ', '-') }, order.run);
      const outcome = await outcomeOf(handler(event, lambdaContext()));
      ok &&= statusOf(outcome) === 400 && order.runs === 0;
      seen.push(`${name} ${order.runs > 0 ? 'ran' : statusOf(outcome)}`);
    }
    const once = await outcomeOf(
      sandbox.http({ operation: 'once' }, async () => ({ statusCode: 201 }))(
        requestV1('/orders', { 'Idempotency-Key': 'a' }, '{}'),
        lambdaContext(),
      ),
    );
    return { ok: ok && statusOf(once) === 201, observed: `${seen.join('; ')}; once ${statusOf(once)}` };
  },
};
