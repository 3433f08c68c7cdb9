import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h05: Scenario = {
  id: 'H5',
  title: 'the key is computed again after the handler changed the event',
  run: (subject) =>
    inBothForms(async (form) => {
      const charge = probe((nth, event) => {
        event['id'] = 'changed';
        return `result ${nth}`;
      });
      const handler = lambda(form, subject.sandbox(), { operation: form, key: ['id'] }, charge.run);
      await outcomeOf(handler({ id: 1 }, lambdaContext()));
      const retry = await outcomeOf(handler({ id: 1 }, lambdaContext()));
      return {
        ok: charge.runs === 1 && retry.kind === 'value' && retry.value === 'result 1',
        observed: `the retry got ${say(retry)}`,
      };
    }),
};
