import { lambdaContext } from '../contexts.ts';
import { type Around, inBothForms, lambda } from '../forms.ts';
import { outcomeOf, say } from '../outcome.ts';
import { never, probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h13: Scenario = {
  id: 'H13',
  title: 'an early timeout counts as a failure: a retry runs beside the first',
  run: (subject) =>
    inBothForms(async (form) => {
      const end = Promise.withResolvers<string>();
      const charge = probe((nth) => (nth === 1 ? end.promise : 'again'));
      // Middy gives up after 200 ms of 10,000: well within the lease, whatever a library makes of the rest.
      const plugin = { timeoutEarlyInMillis: 9_800 };
      const guard = { operation: form, key: ['id'] };
      const call = (around: Around = {}) =>
        outcomeOf(
          lambda(form, subject.sandbox(), guard, charge.run, around)({ id: 1 }, lambdaContext(10_000)),
        );
      await call({ plugin });
      await charge.begun(1, never());
      const retry = await call();
      end.resolve('charged');
      return {
        ok: charge.peak === 1,
        observed: charge.peak > 1 ? `${charge.peak} runs at once` : `the retry got ${say(retry)}`,
      };
    }),
};
