import { lambdaContext } from '../contexts.ts';
import { type Outcome, outcomeOf, say } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import type { Guard, Subject } from '../subject.ts';

/** Charges, then sends the receipt, for the same payload. What does the second one get? */
async function emailAfterCharge(subject: Subject, guardOf: (operation: string) => Guard): Promise<Outcome> {
  const sandbox = subject.sandbox();
  const call = async (operation: string) =>
    sandbox.wrap(guardOf(operation), async () => operation)({ id: 1 }, lambdaContext());
  await outcomeOf(call('charged'));
  return outcomeOf(call('emailed'));
}

export const h06: Scenario = {
  id: 'H6',
  title: 'two operations in one function with the same payload share a key',
  async run(subject) {
    const unnamed = await emailAfterCharge(subject, () => ({ key: ['id'] }));
    const named = await emailAfterCharge(subject, (operation) => ({ operation, key: ['id'] }));
    return {
      // Who gives them no names must be refused or understood, and never mixed up.
      ok: say(unnamed) !== 'charged' && say(named) === 'emailed',
      observed: `without names the email got ${say(unnamed)}, with names ${say(named)}`,
    };
  },
};
