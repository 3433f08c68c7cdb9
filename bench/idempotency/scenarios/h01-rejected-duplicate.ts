import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h01: Scenario = {
  id: 'H1',
  title: 'a rejected duplicate deletes the live record',
  run: (subject) =>
    inBothForms(async (form) => {
      const end = Promise.withResolvers<void>();
      const charge = probe(async (nth) => nth === 1 && (await end.promise));
      const guard = { operation: 'charge', key: ['id'] };
      const call = () => lambda(form, subject.sandbox(), guard, charge.run)({ id: form }, lambdaContext());
      const a = call();
      await charge.begun(1, a);
      await outcomeOf(call());
      await outcomeOf(call());
      const { runs } = charge;
      end.resolve();
      await outcomeOf(a);
      return { ok: runs === 1, observed: runs > 1 ? `C ran: ${times(runs)}` : times(runs) };
    }),
};
