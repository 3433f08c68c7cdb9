import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const A_MINUTE_MS = 60_000;

class Money {
  readonly cents = 100;
}

const nested = (levels: number): unknown => (levels === 0 ? 'bottom' : [nested(levels - 1)]);

const RESULTS: readonly [string, unknown][] = [
  ['undefined member', { id: 1, note: undefined }],
  ['Date', { at: new Date(0) }],
  ['class', new Money()],
  ['NaN', { ratio: Number.NaN }],
  ['big number', { id: 2 ** 60 }],
  ['bigint', { id: 2n ** 60n }],
  ['40 levels', nested(40)],
  ['500 KB', { text: 'x'.repeat(500_000) }],
];

export const h09: Scenario = {
  id: 'H9',
  title: 'a result that cannot be stored fails after the side effect and runs again',
  async run(subject) {
    const guard = { operation: 'report', key: ['id'], skewMarginMs: 0 };
    const reports = RESULTS.map(([name, result]) => {
      const report = probe(() => result);
      const callAt = (aheadMs: number) =>
        outcomeOf(
          subject.sandbox({ now: () => Date.now() + aheadMs }).wrap(guard, report.run)(
            { id: name },
            lambdaContext(),
          ),
        );
      return { name, report, callAt };
    });
    for (const { callAt } of reports) await callAt(0);
    // Late enough for what was left in progress to be taken over.
    for (const { callAt } of reports) await callAt(A_MINUTE_MS);
    const namesWhere = (ran: (runs: number) => boolean) =>
      reports.filter(({ report }) => ran(report.runs)).map(({ name }) => name);
    const again = namesWhere((runs) => runs > 1);
    const unrun = namesWhere((runs) => runs === 0);
    const observed = [
      again.length > 0 && `ran again: ${again.join(', ')}`,
      unrun.length > 0 && `never ran: ${unrun.join(', ')}`,
    ].filter((part) => part !== false);
    return {
      ok: again.length === 0 && unrun.length === 0,
      observed: observed.join('; ') || `each of ${RESULTS.length} results ran once`,
    };
  },
};
