import { setTimeout as sleep } from 'node:timers/promises';
import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Sandbox } from '../subject.ts';
import { onWrite, unreachable } from '../wire.ts';

export const h11: Scenario = {
  id: 'H11',
  title: 'completing fails after the success: the record is stuck or deleted, and it runs again',
  run: (subject) =>
    inBothForms(async (form) => {
      const charge = probe(() => 'charged');
      const guard = { operation: form, key: ['id'], skewMarginMs: 0, holdUnknown: true };
      const callIn = (sandbox: Sandbox) =>
        outcomeOf(lambda(form, sandbox, guard, charge.run)({ id: 1 }, lambdaContext(1_000)));
      await callIn(subject.sandbox({ fault: onWrite(2, unreachable) }));
      await callIn(subject.sandbox());
      const { runs } = charge;
      await sleep(1_100);
      await callIn(subject.sandbox());
      return {
        ok: charge.runs === 1,
        observed: `${times(runs)} after a retry at once, ${charge.runs} after one past the lease`,
      };
    }),
};
