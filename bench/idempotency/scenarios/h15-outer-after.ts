import { lambdaContext } from '../contexts.ts';
import { cors } from '../cors.ts';
import { type Around, type Form, lambda } from '../forms.ts';
import { type Outcome, outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../subject.ts';

function hasCors(outcome: Outcome): boolean {
  const response = outcome.kind === 'value' ? outcome.value : undefined;
  const { headers } = (response ?? {}) as { readonly headers?: Readonly<Record<string, unknown>> };
  return headers?.['Access-Control-Allow-Origin'] === '*';
}

/** What a caller and its retry see of the headers that another middleware adds. */
async function look(subject: Subject, form: Form, place: 'outer' | 'inner') {
  let warned = false;
  const order = probe(() => ({ statusCode: 201, body: 'ordered' }));
  const around: Around = { [place]: [cors], onWarning: () => (warned = true) };
  const guard = { operation: `${form}-${place}`, key: ['id'] };
  const handler = lambda(form, subject.sandbox(), guard, order.run, around);
  const call = () => outcomeOf(handler({ id: 1 }, lambdaContext()));
  const first = hasCors(await call());
  const replay = hasCors(await call());
  return { isWell: first && replay && order.runs === 1, replay, warned };
}

/**
 * Around a handler it must always work. As a middleware it cannot with another one outside of it, since Middy skips the
 * hooks of both on an early return: then it has to say so, and to work where it is outermost.
 */
export const h15: Scenario = {
  id: 'H15',
  title: 'a replay skips outer after hooks: no CORS headers',
  async run(subject) {
    const wrapper = await look(subject, 'wrapper', 'outer');
    const outside = await look(subject, 'middleware', 'outer');
    const inside = await look(subject, 'middleware', 'inner');
    const seen = ({ replay, warned }: typeof wrapper) =>
      `${replay ? 'CORS' : 'none'}${warned ? ', with a warning' : ''}`;
    return {
      ok: wrapper.isWell && inside.isWell && (outside.isWell || outside.warned),
      observed: `on the replay: wrapper ${seen(wrapper)}; middleware inside CORS ${seen(outside)}; outermost ${seen(inside)}`,
    };
  },
};
