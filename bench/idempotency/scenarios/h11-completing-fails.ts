import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Sandbox } from '../subject.ts';
import { onWrite, unreachable } from '../wire.ts';

const A_MINUTE_MS = 60_000;

export const h11: Scenario = {
  id: 'H11',
  title: 'completing fails after the success: the record is stuck or deleted, and it runs again',
  run: (subject) =>
    inBothForms(async (form) => {
      const charge = probe(() => 'charged');
      const guard = { operation: form, key: ['id'], skewMarginMs: 0, holdUnknown: true };
      const callIn = (sandbox: Sandbox) =>
        outcomeOf(lambda(form, sandbox, guard, charge.run)({ id: 1 }, lambdaContext()));
      await callIn(subject.sandbox({ fault: onWrite(2, unreachable) }));
      await callIn(subject.sandbox());
      const { runs } = charge;
      await callIn(subject.sandbox({ now: () => Date.now() + A_MINUTE_MS }));
      return {
        ok: charge.runs === 1,
        observed: `${times(runs)} after a retry at once, ${charge.runs} after one past the lease`,
      };
    }),
};
