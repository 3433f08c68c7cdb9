import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say } from '../outcome.ts';
import { never, probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../subject.ts';
import { onWrite } from '../wire.ts';

const guard = { operation: 'charge', key: ['id'], skewMarginMs: 0 };
const LEASE_MS = 2_000;

/** Calls at an exact time after a run that never ends was claimed for two seconds. */
async function at(subject: Subject, afterMs: number): Promise<string> {
  const charge = probe((nth) => (nth === 1 ? never() : 'ran'));
  const start = Date.now();
  const callAt = (now: number) =>
    subject.sandbox({ now: () => now }).wrap(guard, charge.run)(
      { id: afterMs },
      lambdaContext(LEASE_MS, () => now),
    );
  await charge.begun(1, callAt(start));
  return say(await outcomeOf(callAt(start + afterMs)));
}

/** A claim is refused because of a lease, and the lease has ended by the time the refusal arrives. */
async function refusedByThePast(subject: Subject): Promise<string> {
  const charge = probe((nth) => (nth === 1 ? never() : 'ran'));
  const start = Date.now();
  const killed = subject.sandbox({ now: () => start });
  await charge.begun(
    1,
    killed.wrap(guard, charge.run)(
      { id: 'late' },
      lambdaContext(LEASE_MS, () => start),
    ),
  );
  let isOver = false;
  const slow = subject.sandbox({
    now: () => start + LEASE_MS + (isOver ? 1 : -1),
    fault: onWrite(1, (send) =>
      send().finally(() => {
        isOver = true;
      }),
    ),
  });
  return say(await outcomeOf(slow.wrap(guard, charge.run)({ id: 'late' }, lambdaContext())));
}

export const h26: Scenario = {
  id: 'H26',
  title: 'epoch milliseconds compared with 0 to 999: a lease that ended on the way is not seen',
  async run(subject) {
    const before = await at(subject, LEASE_MS - 1);
    const after = await at(subject, LEASE_MS + 1);
    const late = await refusedByThePast(subject);
    return {
      ok: before !== 'ran' && after === 'ran' && late === 'ran',
      observed: `1 ms before its end ${before}, 1 ms after it ${after}; ended on the way: ${late}`,
    };
  },
};
