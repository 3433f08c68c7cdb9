/*
 * Deploys the profile app and `examples/own-app` with the CDK to ministack, an emulator of AWS, and uses them. Between them, sees
 * what becomes of a resilience table when its stack goes, comes again or fails: `npm run test:deploy`.
 * Skipped where there is no Python with pip.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../lib/core/clock.ts';
import { startProcesses } from '../../lib/local/processes.ts';
import { stopOnSignals } from '../support/on-signals.ts';
import { synthesize } from './assembly.ts';
import { bootstrap, type CdkOptions, deploy, destroy } from './cdk.ts';
import { startDependency } from './dependency.ts';
import { callApi, type DeployedApp, expectThat, tableOf } from './deployed.ts';
import { proveKept } from './kept.ts';
import { installMinistack, MINISTACK, startMinistack } from './ministack.ts';
import { deployOwnApp } from './own-app.ts';
import { breakerState, breakersCommand, deepHealth, readProfile, writeOnce } from './profile.ts';
import { sendSigned } from './signed.ts';
import { functionUrlIdOf, powerlessUser, resourcesOf } from './stacks.ts';
import { startSteps, until } from './steps.ts';

/** The stage that is deployed. */
const STAGE = 'emulator';
const STACK = `fibrin-profile-${STAGE}`;
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** A stack of fewer resources is not the profile app. */
const RESOURCES_FLOOR = 60;

const startedAt = systemClock.monotonic();
const steps = startSteps((line) => console.log(line));
const { step } = steps;
const stopping = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'fibrin-deploy-'));
const processes = startProcesses();
const dependency = await startDependency();

let ended: Promise<void> | undefined;
function stop(): Promise<void> {
  ended ??= (async () => {
    stopping.abort();
    await processes.end();
    await dependency.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  })();
  return ended;
}

/** A request without a signature, or with one and no rights, gets nowhere: what follows was allowed by a role. */
async function checkRights(app: DeployedApp): Promise<void> {
  const unsigned = await callApi(app, { path: '/api/profiles/7', credentials: null });
  expectThat(unsigned.status === 403, '403 without a signature', unsigned);
  const open = await callApi(app, { path: '/api/health', credentials: null });
  expectThat(open.status === 200, '200 of the public health check', open);
  const credentials = await powerlessUser(app.endpoint, 'powerless');
  const denied = await sendSigned({
    ...{ endpoint: app.endpoint, service: 'dynamodb', method: 'POST', credentials },
    body: JSON.stringify({ TableName: tableOf(app, 'Users'), Key: { pk: { S: 'user#7' } } }),
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
  });
  expectThat(
    denied.status >= 400 && denied.text.includes('AccessDenied'),
    'AccessDenied for a user without rights',
    denied,
  );
}

async function openAndClose(app: DeployedApp): Promise<string> {
  const whole = await until(
    'a whole profile',
    20_000,
    () => readProfile(app, 7),
    ({ sources }) => sources['posts'] === 'live' && sources['friendCount'] === 'live',
  );
  expectThat(whole.status === 200, '200', whole);
  expectThat((await breakerState(app, 'posts')) === 'closed', 'a closed breaker', 'another');
  // Of profiles that do not exist: what is known of others comes from the caches. Their posts are asked for all the same.
  let id = 1_000;
  const askAnew = () => readProfile(app, ++id);
  dependency.fail(true);
  const before = dependency.requests();
  await until(
    'the breaker opens',
    60_000,
    async () => {
      expectThat((await askAnew()).status === 404, '404 for a profile that does not exist', 'another status');
      return breakerState(app, 'posts');
    },
    (state) => state === 'open',
  );
  const needed = dependency.requests() - before;
  expectThat(JSON.stringify(await breakersCommand(app, ['list'])).includes('posts'), 'posts in the list', '');
  dependency.fail(false);
  await until(
    'the breaker closes',
    60_000,
    async () => {
      await askAnew();
      return breakerState(app, 'posts');
    },
    (state) => state === 'closed',
  );
  return `opened after ${needed} failed requests`;
}

async function main(): Promise<void> {
  const python = await step('Python packages', () => installMinistack(stopping.signal));
  if (typeof python === 'string') {
    console.log(`skipped: the deployment needs ${MINISTACK}, and ${python}`);
    return;
  }
  const { endpoint, output } = await step(
    MINISTACK,
    () => startMinistack(python, processes, folder),
    (started) => `at ${started.endpoint.origin}, ${python.cached ? 'installed before' : 'installed now'}`,
  );
  const options: CdkOptions = { processes, folder, endpoint, project: PROJECT };
  try {
    await step('cdk bootstrap', () => bootstrap(options));
    const context = { stage: STAGE };
    const assembly = await step(
      `cdk synth of stage ${STAGE}`,
      () => synthesize('assembly', context, dependency.url, options),
      ({ dependents }) => `${dependents} functions with a dependency`,
    );
    const outputs = await step('cdk deploy', () => deploy(assembly.folder, options));
    const app = await step(
      'what was made',
      async (): Promise<DeployedApp> => {
        const apiUrl = outputs[STACK]?.['ApiUrl'] ?? '';
        return { endpoint, apiUrl, processes, folder, resources: await resourcesOf(endpoint, STACK) };
      },
      ({ resources }) => `${resources.length} resources`,
    );
    expectThat(
      app.resources.length >= RESOURCES_FLOOR,
      `at least ${RESOURCES_FLOOR} resources`,
      app.resources.length,
    );
    const downstream = app.resources.find(
      ({ type, logicalId }) => type === 'AWS::Lambda::Function' && logicalId.startsWith('Downstream'),
    );
    const functionUrlId = await functionUrlIdOf(endpoint, downstream?.physicalId ?? '', 'live');
    dependency.forwardTo(endpoint, functionUrlId);

    await step('who may what', () => checkRights(app));
    await step(
      'the deep health',
      () => deepHealth(app),
      (found) => found,
    );
    let reachedAfterMs = 0;
    const putAt = systemClock.monotonic();
    await step(
      'PUT, view and journal, replay, 422',
      () =>
        writeOnce(app, 7, () => {
          reachedAfterMs = systemClock.monotonic() - putAt;
        }),
      () => `view and journal after ${(reachedAfterMs / 1_000).toFixed(1)} s`,
    );
    await step(
      'the breaker opens and closes',
      () => openAndClose(app),
      (found) => found,
    );
    await step('an update by cdk deploy, and the app after it', async () => {
      const changed = { stage: STAGE, reserveConcurrency: 'on' };
      const update = await synthesize('update', changed, dependency.url, options);
      await deploy(update.folder, options);
      await writeOnce(app, 8, () => undefined);
    });
    await step(
      'cdk destroy',
      () => destroy(assembly.folder, STACK, options),
      (kept) => `kept: ${kept.join(', ') || 'no table'}`,
    );
    await proveKept(options, steps);
    await deployOwnApp(options, steps, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) console.error(`What ministack said last:\n${output().slice(-3_000)}`);
    throw error;
  }
  const total = ((systemClock.monotonic() - startedAt) / 1_000).toFixed(1);
  console.log(`${total.padStart(6)} s  two apps deployed, used and destroyed`);
}

stopOnSignals(stop);
try {
  await main();
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  await stop();
}
