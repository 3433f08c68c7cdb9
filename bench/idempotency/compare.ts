/* Puts both libraries to all tests, one after the other, and prints what was seen. See README.md in the folder above. */
import { parseArgs } from 'node:util';
import { startEngine } from '../../lib/local/dynamodb/engine.ts';
import { startProcesses } from '../../lib/local/processes.ts';
import { fibrin } from './fibrin.ts';
import { powertools } from './powertools.ts';
import { asJson, asTable, type ReportRow } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import { type Trial, trial } from './trial.ts';

const USAGE = 'usage: npm run compare:idempotency -- [--json] [--only H4,H8]';
/** Of a table that is not printed to a terminal. */
const DEFAULT_WIDTH = 150;
const MIN_WIDTH = 100;
const LIBRARIES = [fibrin, powertools];

const tell = (line: string) => process.stderr.write(`${line}\n`);

function chosen(): { readonly json: boolean; readonly only: readonly string[] } {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });
    const only =
      values.only?.split(',').map((id) => id.trim().toUpperCase()) ?? scenarios.map(({ id }) => id);
    const unknown = only.filter((wanted) => !scenarios.some(({ id }) => id === wanted));
    if (unknown.length > 0)
      throw new Error(`there is no ${unknown.join(', ')}; there are H1 to H${scenarios.length}`);
    return { json: values.json ?? false, only };
  } catch (error) {
    tell(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const { json, only } = chosen();
const processes = startProcesses();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void processes.end().finally(() => process.exit(code)));
}
// Powertools warns on the console of many things that are done here on purpose.
console.warn = () => undefined;

const engine = await startEngine(
  'auto',
  processes,
  { say: tell, output: () => undefined },
  new AbortController().signal,
);
try {
  const rows: ReportRow[] = [];
  for (const scenario of scenarios.filter(({ id }) => only.includes(id))) {
    const trials: Trial[] = [];
    for (const library of LIBRARIES) {
      const result = await trial(library, scenario, engine.endpoint);
      trials.push(result);
      tell(`${scenario.id} ${library.name}: ${result.ok ? 'ok' : 'FAIL'} (${result.tookMs} ms)`);
    }
    rows.push({ scenario, trials });
  }
  console.log(
    json
      ? asJson(LIBRARIES, rows, engine.name)
      : asTable(LIBRARIES, rows, engine.name, Math.max(process.stdout.columns ?? DEFAULT_WIDTH, MIN_WIDTH)),
  );
  // A scenario that broke has measured nothing, whosever it was.
  const failed = rows.some(({ trials: [own, ...others] }) => !own?.ok || others.some(({ broken }) => broken));
  process.exitCode = failed ? 1 : 0;
} finally {
  await engine.stop();
  await processes.end();
}
