import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../subject.ts';

const A_MINUTE_MS = 60_000;

const guard = { operation: 'charge', key: ['id'], skewMarginMs: 0 };

/** A outlives its lease and fails once B has completed: does C run? */
async function failsLate(subject: Subject): Promise<boolean> {
  const end = Promise.withResolvers<never>();
  const charge = probe((nth) => (nth === 1 ? end.promise : `result ${nth}`));
  const callAt = (aheadMs: number) =>
    outcomeOf(
      subject.sandbox({ now: () => Date.now() + aheadMs }).wrap(guard, charge.run)(
        { id: 'fails' },
        lambdaContext(),
      ),
    );
  const a = callAt(0);
  await charge.begun(1, a);
  await callAt(A_MINUTE_MS);
  end.reject(new Error('declined'));
  await a;
  await callAt(A_MINUTE_MS);
  return charge.runs > 2;
}

/** The record is removed while A runs: does A bring it back? */
async function comesBack(subject: Subject): Promise<boolean> {
  const end = Promise.withResolvers<string>();
  const charge = probe(() => end.promise);
  const call = subject.sandbox().wrap(guard, charge.run)({ id: 'removed' }, lambdaContext());
  await charge.begun(1, call);
  for (const row of await subject.rows()) await subject.remove(row);
  end.resolve('done');
  await outcomeOf(call);
  return (await subject.rows()).length > 0;
}

export const h03: Scenario = {
  id: 'H3',
  title: 'a late failer deletes a newer result; a late update resurrects a deleted record',
  async run(subject) {
    const ranAgain = await failsLate(subject);
    for (const row of await subject.rows()) await subject.remove(row);
    const resurrected = await comesBack(subject);
    const observed = [
      ranAgain ? "B's result deleted, C ran" : "B's result kept",
      resurrected ? 'the deleted record came back' : 'the deleted record stayed away',
    ];
    return { ok: !ranAgain && !resurrected, observed: observed.join('; ') };
  },
};
