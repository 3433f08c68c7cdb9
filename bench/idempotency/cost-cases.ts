import middy from '@middy/core';
import { lambdaContext } from './contexts.ts';
import type { Event, Run, Sandbox } from './subject.ts';

/** A fresh call runs and is recorded, a replay is answered from the table, a hit from memory. */
export const KINDS = ['fresh', 'replay', 'hit'] as const;
export type Kind = (typeof KINDS)[number];

/** One way to be called, of one library. */
export interface CostCase {
  readonly name: string;
  /** Of an environment of its own. */
  handler(kind: Kind): Run;
}

const RESULT = { statusCode: 201, headers: { location: '/orders/7' }, body: '{"id":7,"state":"placed"}' };
const order: Run = async () => RESULT;

const guardOf = (operation: string, kind: Kind) => ({ operation, key: ['id'], cache: kind === 'hit' });

/** As their documentation shows them: Middy with its own options, the wrapper with nothing around it. */
const FORMS = {
  wrapper: (sandbox: Sandbox, kind: Kind) => sandbox.wrap(guardOf(`wrapper-${kind}`, kind), order),
  Middy: (sandbox: Sandbox, kind: Kind) =>
    middy<Event, unknown>()
      .use(sandbox.middleware(guardOf(`middy-${kind}`, kind)))
      .handler(order) as unknown as Run,
};

/** Both forms of what a library makes, on one table. */
export const casesOf = (name: string, newSandbox: () => Sandbox): readonly CostCase[] =>
  Object.entries(FORMS).map(([form, make]) => ({
    name: `${name}, ${form}`,
    handler: (kind) => make(newSandbox(), kind),
  }));

let ids = 0;

/** Makes calls of one kind, each for itself: the first one is made before they are counted or measured. */
export async function callsOf(handler: Run, kind: Kind): Promise<() => Promise<unknown>> {
  const event = () => ({ id: `order-${++ids}`, items: ['a', 'b'], currency: 'EUR' });
  const known = event();
  await handler(known, lambdaContext());
  return () => handler(kind === 'fresh' ? event() : { ...known }, lambdaContext());
}
