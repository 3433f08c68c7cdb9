import assert from 'node:assert/strict';
import { call, type Got, json, type Sent } from '../support/raw-call.ts';
import type { Area, ConformanceCase, Deployment } from './case.ts';

/** Sends a request to an output of the app. */
export const ask = (deployed: Deployment, output: string, path = '/', sent: Sent = {}): Promise<Got> =>
  call(`${deployed.output(output)}${path}`, sent);

/** The event as a function got it: its members are what the cases are about. */
// biome-ignore lint/suspicious/noExplicitAny: any member of any event
export type Event = any;

interface Asked {
  readonly title: string;
  /** Default: that of the table. */
  readonly page?: string;
  /** Default: that of the table. */
  readonly output?: string;
  readonly path?: string;
  readonly sent?: Sent;
  readonly difference?: string;
}

/** A request, and what the function of the route is called with. */
export interface EventRow extends Asked {
  check(event: Event, deployed: Deployment): void;
}

/** What a function returns, and what its client gets. */
export interface AnswerRow extends Asked {
  /** See `handlers/answer.ts`. */
  readonly task?: object;
  check(got: Got): void;
}

interface Table {
  readonly area: Area;
  readonly page: string;
  readonly output: string;
  readonly path: string;
}

const caseOf = (
  table: Table,
  row: Asked,
  check: (deployed: Deployment, output: string, path: string) => Promise<void>,
): ConformanceCase => ({
  ...{ area: table.area, title: row.title, page: row.page ?? table.page },
  ...(row.difference !== undefined && { difference: row.difference }),
  check: (deployed) => check(deployed, row.output ?? table.output, row.path ?? table.path),
});

/** Cases about the event that a function which answers with its event is called with. */
export const eventCases = (table: Table, rows: readonly EventRow[]): readonly ConformanceCase[] =>
  rows.map((row) =>
    caseOf(table, row, async (deployed, output, path) => {
      const got = await ask(deployed, output, path, row.sent);
      assert.equal(got.status, 200, `the status of ${got.body.slice(0, 200)}`);
      row.check(json(got), deployed);
    }),
  );

/** Cases about the answer that a client gets, of a function that answers as it is told. */
export const answerCases = (table: Table, rows: readonly AnswerRow[]): readonly ConformanceCase[] =>
  rows.map((row) =>
    caseOf(table, row, async (deployed, output, path) => {
      const told = row.task && {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...row.sent?.headers },
        body: JSON.stringify(row.task),
      };
      row.check(await ask(deployed, output, path, { ...row.sent, ...told }));
    }),
  );

/** The values of a header that may be there more than once. */
export const valuesOf = (got: Got, name: string): readonly string[] => [got.headers[name] ?? []].flat();

/** The media type of an answer without its parameters. */
export const mediaTypeOf = (got: Got): string | undefined =>
  String(got.headers['content-type']).split(';')[0]?.trim();
