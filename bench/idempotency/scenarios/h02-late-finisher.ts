import { lambdaContext } from '../contexts.ts';
import { errorOf, outcomeOf, say, show } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const A_MINUTE_MS = 60_000;

export const h02: Scenario = {
  id: 'H2',
  title: 'no fencing: a late finisher overwrites a newer result',
  async run(subject) {
    const end = Promise.withResolvers<string>();
    const charge = probe((nth) => (nth === 1 ? end.promise : "B's"));
    const guard = { operation: 'charge', key: ['id'], skewMarginMs: 0 };
    const callAt = (aheadMs: number) =>
      subject.sandbox({ now: () => Date.now() + aheadMs }).wrap(guard, charge.run)(
        { id: 1 },
        lambdaContext(),
      );
    const late = callAt(0);
    await charge.begun(1, late);
    await callAt(A_MINUTE_MS);
    end.resolve("A's");
    const a = await outcomeOf(late);
    const [row] = await subject.rows();
    return {
      ok: charge.runs === 2 && row?.result === "B's" && subject.errorKind(errorOf(a)) === 'lost',
      observed: `the record has ${show(row?.result)} result; A got ${say(a)}`,
    };
  },
};
