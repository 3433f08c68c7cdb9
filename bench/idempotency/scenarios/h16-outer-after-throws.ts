import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, say, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h16: Scenario = {
  id: 'H16',
  title: 'an outer after hook that throws deletes the completed record',
  run: (subject) =>
    inBothForms(async (form) => {
      const charge = probe((nth) => `result ${nth}`);
      let throws = true;
      const after = () => {
        if (throws) throw new Error('after hook');
      };
      const handler = lambda(form, subject.sandbox(), { operation: form, key: ['id'] }, charge.run, {
        outer: [{ after }],
      });
      await outcomeOf(handler({ id: 1 }, lambdaContext()));
      throws = false;
      const retry = await outcomeOf(handler({ id: 1 }, lambdaContext()));
      return {
        ok: charge.runs === 1 && say(retry) === 'result 1',
        observed: `${times(charge.runs)}; the retry got ${say(retry)}`,
      };
    }),
};
