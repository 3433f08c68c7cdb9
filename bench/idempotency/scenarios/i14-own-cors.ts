import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { answerOf, requestV1 } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

const ORIGIN = 'https://shop.example';

export const i14: Scenario = {
  id: 'I14',
  title: 'a replay loses CORS headers that the handler sets, and multiValueHeaders',
  async run(subject) {
    const order = probe(() => ({
      statusCode: 201,
      headers: { 'Access-Control-Allow-Origin': ORIGIN },
      multiValueHeaders: { Link: ['</a>', '</b>'] },
      body: '{}',
    }));
    const handler = subject.sandbox().http({ operation: 'order' }, order.run);
    const call = async () =>
      answerOf(
        await outcomeOf(
          handler(requestV1('/orders', { 'Idempotency-Key': 'k', Origin: ORIGIN }, '{}'), lambdaContext()),
        ),
      );
    await call();
    const { headers = {}, multiValueHeaders = {} } = await call();
    // A REST API merges both, so a value may be in either.
    const values = (wanted: string) =>
      [headers, multiValueHeaders]
        .flatMap((each) => Object.entries(each))
        .filter(([name]) => name.toLowerCase() === wanted)
        .flatMap(([, value]) => value);
    const hasCors = values('access-control-allow-origin').includes(ORIGIN);
    const links = values('link').length;
    return {
      ok: order.runs === 1 && hasCors && links === 2,
      observed: `on the replay: ${hasCors ? 'CORS' : 'no CORS'}, ${links} of 2 values`,
    };
  },
};
