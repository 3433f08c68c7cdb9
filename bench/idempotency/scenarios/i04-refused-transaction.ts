import { lambdaContext } from '../contexts.ts';
import { errorOf, outcomeOf, say } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';

export const i04: Scenario = {
  id: 'I4',
  title: 'a transaction that DynamoDB refuses for good holds the key, and looks worth a retry',
  needsTransactions: true,
  async run(subject) {
    // The two writes of the first are of one item, which no transaction may have.
    const keys = [
      ['receipt', 'receipt'],
      ['receipt', 'entry'],
    ];
    const write = subject
      .sandbox()
      .writing({ operation: 'pay', key: ['id'], holdUnknown: true }, () => keys.shift() ?? []);
    const refused = await outcomeOf(write({ id: 1 }, lambdaContext()));
    const corrected = await outcomeOf(write({ id: 1 }, lambdaContext()));
    const { retryable } = (errorOf(refused) ?? {}) as { readonly retryable?: boolean };
    return {
      ok: refused.kind === 'error' && retryable !== true && say(corrected) === 'written',
      observed: `the first got ${say(refused)}${retryable === true ? ', retryable' : ''}; the corrected one ${say(corrected)}`,
    };
  },
};
