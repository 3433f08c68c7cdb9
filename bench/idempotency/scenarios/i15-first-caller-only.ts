import { lambdaContext } from '../contexts.ts';
import { lambda } from '../forms.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { answerOf, requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';
import type { HttpGuard, Run, Subject } from '../subject.ts';

const OWN = ['set-cookie', 'x-correlation-id'];

function handlerOf(subject: Subject, guard: HttpGuard, run: Run): Run {
  const sandbox = subject.sandbox();
  const asHttp = { ...sandbox, middleware: () => sandbox.httpMiddleware(guard) };
  return lambda('middleware', asHttp, { operation: guard.operation, key: [] }, run);
}

export const i15: Scenario = {
  id: 'I15',
  title: "the first caller's cookies and ids are replayed to the next one; a 429 is recorded for a day",
  async run(subject) {
    const order = probe(() => ({
      statusCode: 201,
      headers: { 'Set-Cookie': 'session=ann', 'X-Correlation-Id': 'first', Location: '/orders/7' },
      cookies: ['session=ann'],
      body: '{"id":7}',
    }));
    const event = () => requestV2('/orders', { 'idempotency-key': 'k' }, '{}');
    const place = handlerOf(subject, { operation: 'order', ownHeaders: OWN }, order.run);
    await outcomeOf(place(event(), lambdaContext()));
    const { headers = {}, cookies = [], body } = answerOf(await outcomeOf(place(event(), lambdaContext())));
    const leaked = Object.keys(headers)
      .map((name) => name.toLowerCase())
      .filter((name) => OWN.includes(name));
    if (cookies.length > 0) leaked.push('cookies');

    const busy = probe((nth) => ({ statusCode: nth === 1 ? 429 : 201 }));
    const retry = handlerOf(subject, { operation: 'busy' }, busy.run);
    await outcomeOf(retry(event(), lambdaContext()));
    const after = statusOf(await outcomeOf(retry(event(), lambdaContext())));
    return {
      ok: body === '{"id":7}' && order.runs === 1 && leaked.length === 0 && after === 201,
      observed: `replayed: ${leaked.join(', ') || "nothing of the first caller's"}; after a 429 ${after}`,
    };
  },
};
