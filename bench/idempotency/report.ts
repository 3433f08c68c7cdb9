import type { Scenario } from './scenario.ts';
import type { Library } from './subject.ts';
import type { Trial } from './trial.ts';

/** What both libraries are run on. */
export interface Surroundings {
  readonly engine: string;
  /** The version of Middy. */
  readonly middy: string;
}

export interface ReportRow {
  readonly scenario: Scenario;
  /** In the order of the libraries. */
  readonly trials: readonly Trial[];
}

/** Breaks a text into lines; a word longer than a line keeps a line for itself. */
function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const ID_WIDTH = 4;
const MARK_WIDTH = 5;
const GAP = '  ';

const markOf = ({ ok, broken }: Trial) => (ok ? 'ok' : broken ? 'none' : 'FAIL').padEnd(MARK_WIDTH);

/** A table with one row for each hole, its cells broken to fit the width, and the totals below. */
export function asTable(
  libraries: readonly Library[],
  rows: readonly ReportRow[],
  { engine, middy }: Surroundings,
  width: number,
): string {
  const cellWidth = Math.floor(
    (width - ID_WIDTH - GAP.length * (1 + libraries.length)) / (1 + libraries.length),
  );
  const textWidth = cellWidth - MARK_WIDTH;
  const lineOf = (cells: readonly string[]) => cells.join(GAP).trimEnd();
  const head = lineOf([
    ''.padEnd(ID_WIDTH),
    'hole'.padEnd(cellWidth),
    ...libraries.map(({ name, version }) => `${name} ${version}`.padEnd(cellWidth)),
  ]);
  const body = rows.flatMap(({ scenario, trials }) => {
    const title = wrapText(scenario.title, cellWidth);
    const observed = trials.map((trial) => wrapText(trial.observed, textWidth));
    const height = Math.max(title.length, ...observed.map(({ length }) => length));
    return Array.from({ length: height }, (_, at) =>
      lineOf([
        (at === 0 ? scenario.id : '').padEnd(ID_WIDTH),
        (title[at] ?? '').padEnd(cellWidth),
        ...trials.map((trial, of) => {
          const mark = at === 0 ? markOf(trial) : ''.padEnd(MARK_WIDTH);
          return `${mark}${(observed[of]?.[at] ?? '').padEnd(textWidth)}`;
        }),
      ]),
    );
  });
  const totals = libraries.map(({ name }, of) => {
    const passed = rows.filter(({ trials }) => trials[of]?.ok).length;
    return `${name} ${passed} of ${rows.length}`;
  });
  return [
    head,
    ''.padEnd(width, '-'),
    ...body,
    ''.padEnd(width, '-'),
    `closed: ${totals.join(', ')} (on ${engine}, Middy ${middy})`,
  ].join('\n');
}

export function asJson(
  libraries: readonly Library[],
  rows: readonly ReportRow[],
  surroundings: Surroundings,
): string {
  return JSON.stringify(
    {
      ...surroundings,
      libraries: libraries.map(({ name, version }, of) => ({
        name,
        version,
        ok: rows.filter(({ trials }) => trials[of]?.ok).length,
        of: rows.length,
      })),
      rows: rows.map(({ scenario: { id, title }, trials }) => ({
        id,
        title,
        outcomes: Object.fromEntries(libraries.map(({ name }, of) => [name, trials[of]])),
      })),
    },
    undefined,
    2,
  );
}
