import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapFile } from '../../../lib/local/bootstrap-file.ts';
import { type Processes, startProcesses } from '../../../lib/local/processes.ts';
import { LOADING_CASES, type LoadingCase } from '../../loading/cases.ts';
import { outcomeOf, plain, RUNTIMES, type Runtime } from '../../loading/outcome.ts';
import type { ConformanceApp, ConformanceCase, Deployment, TemplateResource } from '../case.ts';
import type { InvokeResult } from '../driver/lambda.ts';
import { fn, ref } from '../template.ts';

/** What AWS's own runtime clients make of the functions: `npm run test:loading` runs them. */
const REFERENCE = JSON.parse(
  readFileSync(new URL('../../loading/reference.json', import.meta.url), 'utf8'),
) as Readonly<Record<Runtime, Readonly<Record<string, readonly unknown[]>>>>;
const PAGES: Readonly<Record<Runtime, string>> = {
  'nodejs22.x': 'https://www.npmjs.com/package/aws-lambda-ric/v/3.3.0',
  'nodejs24.x': 'https://www.npmjs.com/package/aws-lambda-ric/v/4.0.2',
};
const runtimes = Object.keys(RUNTIMES) as readonly Runtime[];
/** Every so many functions of each runtime are deployed. */
const SAMPLED_EACH = 9;

interface Sampled {
  /** Of the function, and of its folder. */
  readonly id: string;
  readonly runtime: Runtime;
  readonly loading: LoadingCase;
}

/** Those of one runtime are not those of the other. */
const SAMPLE: readonly Sampled[] = runtimes.flatMap((runtime, offset) =>
  LOADING_CASES.flatMap((loading, index) =>
    index % SAMPLED_EACH === offset * 4 ? [{ id: `Loading${offset}${index}`, runtime, loading }] : [],
  ),
);

const expected = (runtime: Runtime, { name }: LoadingCase): readonly unknown[] =>
  REFERENCE[runtime][name] ?? [];

/** The folder of the code, wherever it is deployed. */
const taskIn = (text: string): string =>
  /(?<=')\/[^']*(?=\/(index|other|nowhere)[^']*')/.exec(text)?.[0] ?? '/var/task';

async function checkDeployed({ id, runtime, loading }: Sampled, deployed: Deployment): Promise<void> {
  const outcomes: unknown[] = [];
  for (const event of loading.events ?? [{}]) {
    const input = { functionId: id, payload: event };
    const { isError, payload } = (await deployed.command('invoke', input)) as InvokeResult;
    outcomes.push(plain(isError ? 'error' : 'success', payload, taskIn(payload)));
  }
  // How many sandboxes it took is not seen from outside.
  const isSeen = (outcome: unknown) => !Object.hasOwn(Object(outcome), 'coldStarts');
  assert.deepEqual(outcomes, expected(runtime, loading).filter(isSeen));
}

const deployedCases = SAMPLE.map(
  (sampled): ConformanceCase => ({
    ...{ area: 'loading', page: PAGES[sampled.runtime] },
    title: `Deployed on ${sampled.runtime}, a function that ${sampled.loading.name} comes to what it does by the client of AWS`,
    check: (deployed) => checkDeployed(sampled, deployed),
  }),
);

let local:
  | Promise<{ readonly processes: Processes; readonly folder: string; readonly bootstrap: string }>
  | undefined;

/** Sandboxes of the local run alone, in which every function is tried. */
function startLocal() {
  local ??= (async () => {
    const processes = startProcesses();
    const folder = mkdtempSync(join(tmpdir(), 'fibrin-conformance-loading-'));
    processes.removeAtEnd(folder);
    return { processes, folder, bootstrap: await bootstrapFile(folder) };
  })();
  return local;
}

async function checkLocal(runtime: Runtime, loading: LoadingCase): Promise<void> {
  const { folder: root, ...started } = await startLocal();
  const folder = mkdtempSync(join(root, 'function-'));
  const outcome = await outcomeOf(loading, runtime, { folder, ...started });
  assert.deepEqual(JSON.parse(JSON.stringify(outcome)), expected(runtime, loading));
}

const localCases = runtimes.flatMap((runtime) =>
  LOADING_CASES.map(
    (loading): ConformanceCase => ({
      ...{ area: 'loading', page: PAGES[runtime], only: 'local' },
      title: `On ${runtime}, a function that ${loading.name} comes to what it does by the client of AWS`,
      check: () => checkLocal(runtime, loading),
    }),
  ),
);

const functionOf = ({ runtime, loading, id }: Sampled): TemplateResource =>
  fn({ handler: loading.handler ?? 'index.handler', runtime, timeout: 3, more: { Code: id } });

export const LOADING_APP: ConformanceApp = {
  name: 'loading',
  resources: Object.fromEntries(SAMPLE.map((sampled) => [sampled.id, functionOf(sampled)])),
  driver: Object.fromEntries(SAMPLE.map(({ id }) => [`NAME_${id}`, ref(id)])),
  folders: Object.fromEntries(SAMPLE.map(({ id, loading }) => [id, loading.files])),
  code: {},
  cases: [...deployedCases, ...localCases],
};
