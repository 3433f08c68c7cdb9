/* Puts both libraries to all tests, one after the other, and prints what was seen. See README.md in the folder above. */
import { parseArgs } from 'node:util';
import { fibrin } from './fibrin.ts';
import { installedVersion, takeNewestPowertools } from './newest.ts';
import { asJson, asTable, type ReportRow } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import { type Trial, trial } from './trial.ts';
import { tell, withEngine } from './with-engine.ts';

const USAGE = 'usage: npm run compare:idempotency -- [--json] [--only H4,I8]';
/** Of a table that is not printed to a terminal. */
const DEFAULT_WIDTH = 150;
const MIN_WIDTH = 100;

function chosen(): { readonly json: boolean; readonly only: readonly string[] } {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });
    const only =
      values.only?.split(',').map((id) => id.trim().toUpperCase()) ?? scenarios.map(({ id }) => id);
    const unknown = only.filter((wanted) => !scenarios.some(({ id }) => id === wanted));
    if (unknown.length > 0)
      throw new Error(
        `there is no ${unknown.join(', ')}; there are ${scenarios.map(({ id }) => id).join(', ')}`,
      );
    return { json: values.json ?? false, only };
  } catch (error) {
    tell(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const { json, only } = chosen();
tell(await takeNewestPowertools());
// Only now: what it imports has to be the newest.
const { powertools } = await import('./powertools.ts');
const libraries = [fibrin, powertools];
// Powertools warns on the console of many things that are done here on purpose.
console.warn = () => undefined;

await withEngine(async (engine) => {
  const rows: ReportRow[] = [];
  for (const scenario of scenarios.filter(({ id }) => only.includes(id))) {
    if (scenario.needsTransactions && !engine.transactions) {
      tell(`${scenario.id} is left out: ${engine.name} has no transactions`);
      continue;
    }
    const trials: Trial[] = [];
    for (const library of libraries) {
      const result = await trial(library, scenario, engine.endpoint);
      trials.push(result);
      tell(`${scenario.id} ${library.name}: ${result.ok ? 'ok' : 'FAIL'} (${result.tookMs} ms)`);
    }
    rows.push({ scenario, trials });
  }
  const surroundings = { engine: engine.name, middy: installedVersion('@middy/core') };
  console.log(
    json
      ? asJson(libraries, rows, surroundings)
      : asTable(libraries, rows, surroundings, Math.max(process.stdout.columns ?? DEFAULT_WIDTH, MIN_WIDTH)),
  );
  // A scenario that broke has measured nothing, whosever it was.
  const failed = rows.some(({ trials: [own, ...others] }) => !own?.ok || others.some(({ broken }) => broken));
  process.exitCode = failed ? 1 : 0;
});
