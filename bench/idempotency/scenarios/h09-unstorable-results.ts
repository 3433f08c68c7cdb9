import { setTimeout as sleep } from 'node:timers/promises';
import { lambdaContext } from '../contexts.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

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
      const call = () =>
        outcomeOf(subject.sandbox().wrap(guard, report.run)({ id: name }, lambdaContext(1_000)));
      return { name, report, call };
    });
    for (const { call } of reports) await call();
    // Long enough for what was left in progress to be taken over.
    await sleep(1_100);
    for (const { call } of reports) await call();
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
