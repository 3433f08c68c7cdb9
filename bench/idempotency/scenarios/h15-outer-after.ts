import httpCors from '@middy/http-cors';
import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

function hasCors(outcome: Outcome): boolean {
  const response = outcome.kind === 'value' ? outcome.value : undefined;
  const { headers } = (response ?? {}) as { readonly headers?: Readonly<Record<string, unknown>> };
  return headers?.['Access-Control-Allow-Origin'] === '*';
}

export const h15: Scenario = {
  id: 'H15',
  title: 'a replay skips outer after hooks: no CORS headers',
  run: (subject) =>
    inBothForms(async (form) => {
      const order = probe(() => ({ statusCode: 201, body: 'ordered' }));
      const outer = [httpCors({ origin: '*' })];
      const handler = lambda(form, subject.sandbox(), { operation: form, key: ['id'] }, order.run, { outer });
      const call = () => outcomeOf(handler({ id: 1, httpMethod: 'POST' }, lambdaContext()));
      const first = hasCors(await call());
      const replay = hasCors(await call());
      return {
        ok: first && replay && order.runs === 1,
        observed: `${first ? 'CORS' : 'no CORS'} headers at first, ${replay ? 'CORS' : 'none'} on the replay`,
      };
    }),
};
