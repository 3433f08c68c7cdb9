import middy from '@middy/core';
import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import type { Event, Run } from '../subject.ts';

export const i20: Scenario = {
  id: 'I20',
  title: "a wrapped handler under Middy does not get Middy's { signal }",
  async run(subject) {
    let given: readonly unknown[] = [];
    const order = async (...args: unknown[]) => {
      given = args;
      return 'ordered';
    };
    const wrapped = subject.sandbox().wrap({ operation: 'order', key: ['id'] }, order as Run);
    const handler = middy<Event, unknown>().handler(wrapped) as unknown as Run;
    await outcomeOf(handler({ id: 1 }, lambdaContext()));
    const isThere = given.some(
      (arg) => (arg as { readonly signal?: unknown } | undefined)?.signal instanceof AbortSignal,
    );
    return { ok: isThere, observed: isThere ? 'the signal is handed on' : 'no signal' };
  },
};
