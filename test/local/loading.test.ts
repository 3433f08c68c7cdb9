import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import { LOADING_CASES } from '../loading/cases.ts';
import { outcomeOf, RUNTIMES, type Runtime } from '../loading/outcome.ts';
import { temporaryFolder } from '../support/folders.ts';

/** What AWS's own runtime clients make of the same functions: `npm run test:loading` runs them. */
const REFERENCE = JSON.parse(readFileSync(new URL('../loading/reference.json', import.meta.url), 'utf8'));

let processes: Processes;
let bootstrap: string;
beforeAll(async () => {
  processes = startProcesses();
  bootstrap = await bootstrapFile(temporaryFolder());
});
afterAll(() => processes.end());

describe.each(Object.keys(RUNTIMES) as Runtime[])('a function of %s', (runtime) => {
  it.concurrent.each(LOADING_CASES)(
    'that $name comes to the same as by the client of AWS',
    async (loading) => {
      const outcome = await outcomeOf(loading, runtime, { folder: temporaryFolder(), bootstrap, processes });
      expect(JSON.parse(JSON.stringify(outcome))).toEqual(REFERENCE[runtime][loading.name]);
    },
  );
});
