import middy from '@middy/core';
import { health } from '../../../lib/middleware/health.ts';
import { warmup } from '../../../lib/middleware/warmup.ts';
import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { requestV2, statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';
import type { Event, Hooks, Run } from '../subject.ts';

const order: Run = async () => ({ statusCode: 201 });

/** Those of fibrin stand for any: they answer early. */
const early = (): Hooks[] => [warmup(), health()] as unknown as Hooks[];

interface Seen {
  readonly ping: boolean;
  readonly check: boolean;
  readonly keyless: number;
}

async function called(hooks: readonly Hooks[]): Promise<Seen> {
  const handler = middy<Event, unknown>({ timeoutEarlyInMillis: 0 });
  for (const each of hooks) handler.use(each);
  const call = async (event: Event) => outcomeOf((handler.handler(order) as Run)(event, lambdaContext()));
  // Warnings are of a chain at work.
  await call(requestV2('/orders', { 'idempotency-key': 'k' }, '{}'));
  return {
    ping: (await call({ source: 'fibrin.warmup' })).kind === 'value',
    check: statusOf(await call(requestV2('/health', {}, undefined, 'GET'))) === 200,
    keyless: statusOf(await call(requestV2('/orders', {}, '{}'))),
  };
}

/** Collects the warnings of the process meanwhile. */
async function warningsOf(work: () => Promise<Seen>): Promise<Seen & { readonly warned: boolean }> {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => warnings.push(message);
  process.on('warning', onWarning);
  try {
    const seen = await work();
    // A warning is emitted in the next turn.
    await new Promise(setImmediate);
    return { ...seen, warned: warnings.some((text) => /`(warmup|health)`/.test(text)) };
  } finally {
    process.off('warning', onWarning);
  }
}

export const i16: Scenario = {
  id: 'I16',
  title: 'pings and health checks have no key: they are refused, and nothing says why',
  async run(subject) {
    const { httpMiddleware } = subject.sandbox();
    const outside = await called([...early(), httpMiddleware({ operation: 'outside' })]);
    const inside = await warningsOf(() => called([httpMiddleware({ operation: 'inside' }), ...early()]));
    const isServed = ({ ping, check }: Seen) => ping && check;
    const say = (seen: Seen) => (isServed(seen) ? 'answered' : 'refused');
    return {
      ok: isServed(outside) && outside.keyless !== 201 && (isServed(inside) || inside.warned),
      observed: `before it ${say(outside)}; after it ${say(inside)}${inside.warned ? ', with a warning' : ', without a warning'}`,
    };
  },
};
