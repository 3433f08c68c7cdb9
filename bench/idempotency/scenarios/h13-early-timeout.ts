import { setTimeout as sleep } from 'node:timers/promises';
import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h13: Scenario = {
  id: 'H13',
  title: 'an early timeout counts as a failure: a retry runs beside the first',
  run: (subject) =>
    inBothForms(async (form) => {
      const charge = probe(() => sleep(600));
      // Middy gives up after 200 ms of 1,000: well within the lease, whatever a library makes of the rest.
      const plugin = { timeoutEarlyInMillis: 800 };
      const guard = { operation: form, key: ['id'] };
      const call = () =>
        lambda(form, subject.sandbox(), guard, charge.run, { plugin })({ id: 1 }, lambdaContext(1_000));
      await outcomeOf(call());
      const retry = await outcomeOf(call());
      const { peak } = charge;
      await sleep(600);
      return {
        ok: peak === 1,
        observed: peak > 1 ? `${peak} runs at once` : `the retry got ${say(retry)}`,
      };
    }),
};
