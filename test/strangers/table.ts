import type { Judged } from './judge.ts';

const seconds = (ms: number | undefined): string => (ms === undefined ? '' : `${(ms / 1_000).toFixed(1)} s`);

/** One row an app. */
export function tableOf(judged: readonly Judged[]): string {
  const row = (app: string, start: string, calls: string, held: string) =>
    `${app.padEnd(16)}${start.padStart(8)}${calls.padStart(8)}  ${held}`;
  return [
    row('app', 'start', 'calls', 'held'),
    ...judged.map(({ app, startMs, calls, held, wrong }) =>
      row(
        app,
        seconds(startMs),
        String(calls),
        wrong.length === 0 ? 'yes' : `no (${held} of ${calls} calls)`,
      ),
    ),
  ].join('\n');
}

/** What docs/local.md must say of an app that holds. */
export const documentedRow = ({ kind, calls }: Judged, text: string): boolean =>
  text
    .split('\n')
    .some((line) => line.startsWith(`| ${kind} | `) && line.endsWith(` | ${calls} of ${calls} |`));
