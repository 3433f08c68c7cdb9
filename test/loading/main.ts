/*
 * Loads and invokes every function of the cases by AWS's own runtime clients, and compares what comes of it with what is
 * recorded. `--record` writes it anew. What the local run makes of them is compared with the record by the tests.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { startProcesses } from '../../lib/local/processes.ts';
import { LOADING_CASES } from './cases.ts';
import { type Outcome, outcomeOf, RUNTIMES, type Runtime } from './outcome.ts';

const FILE = new URL('./reference.json', import.meta.url);
const bootstrap = fileURLToPath(new URL('./reference.mjs', import.meta.url));
const root = mkdtempSync(join(realpathSync(tmpdir()), 'fibrin-loading-'));
const processes = startProcesses();
const outcomes: Record<string, Record<string, Outcome>> = {};
try {
  for (const runtime of Object.keys(RUNTIMES) as Runtime[]) {
    const ofRuntime: Record<string, Outcome> = {};
    for (const [index, loading] of LOADING_CASES.entries()) {
      const folder = join(root, `${runtime}-${index}`);
      ofRuntime[loading.name] = await outcomeOf(loading, runtime, { folder, bootstrap, processes });
    }
    outcomes[runtime] = ofRuntime;
  }
} finally {
  await processes.end();
  rmSync(root, { recursive: true, force: true });
}

const count = LOADING_CASES.length * Object.keys(RUNTIMES).length;
if (process.argv.includes('--record')) {
  writeFileSync(FILE, `${JSON.stringify(outcomes, null, 2)}\n`);
  console.log(`loading: ${count} outcomes recorded`);
} else {
  const recorded: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
  const same = isDeepStrictEqual(JSON.parse(JSON.stringify(outcomes)), recorded);
  console.log(
    `loading: ${count} outcomes, ${same ? 'as recorded' : 'not as recorded: --record and look at the difference'}`,
  );
  process.exitCode = same ? 0 : 1;
}
