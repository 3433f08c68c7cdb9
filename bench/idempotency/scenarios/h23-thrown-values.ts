import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

/** Names that libraries give a meaning: no error of the handler's may be taken for one of theirs. */
const NAMES = [
  'IdempotencyInconsistentStateError',
  'IdempotencyItemAlreadyExistsError',
  'InFlightError',
  'OwnershipLostError',
  'StoreError',
  'TimeoutError',
];

export const h23: Scenario = {
  id: 'H23',
  title: 'a thrown non-error loses its value; an error of a certain name runs the handler again',
  run: (subject) =>
    inBothForms(async (form) => {
      const guard = { operation: form, key: ['id'] };
      const sandbox = subject.sandbox();
      const thrown = await outcomeOf(
        lambda(form, sandbox, guard, () => Promise.reject('a string'))({ id: 0 }, lambdaContext()),
      );
      const again: string[] = [];
      for (const name of NAMES) {
        const charge = probe(() => Promise.reject(Object.assign(new Error('declined'), { name })));
        await outcomeOf(lambda(form, sandbox, guard, charge.run)({ id: name }, lambdaContext()));
        if (charge.runs > 1) again.push(`${charge.runs} runs for one ${name}`);
      }
      return {
        ok: thrown.kind === 'error' && thrown.error === 'a string' && again.length === 0,
        observed: [`a thrown string arrives as ${say(thrown)}`, ...again].join('; '),
      };
    }),
};
