import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sourcesOf } from '../support/api.ts';
import { towards } from './cdk.ts';
import { callApi, type DeployedApp, expectThat, tableOf } from './deployed.ts';
import type { Answer } from './signed.ts';
import { dynamoDb } from './stacks.ts';
import { until } from './steps.ts';

const CLI = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const put = (app: DeployedApp, id: number, key: string, body: unknown): Promise<Answer> =>
  callApi(app, {
    ...{ method: 'PUT', path: `/api/profiles/${id}`, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
  });

interface ProfileAnswer {
  readonly status: number;
  readonly sources: Readonly<Record<string, string>>;
}

export async function readProfile(app: DeployedApp, id: number): Promise<ProfileAnswer> {
  const { status, headers } = await callApi(app, { path: `/api/profiles/${id}` });
  return { status, sources: sourcesOf(String(headers['profile-sources'] ?? '')) };
}

async function has(app: DeployedApp, pk: string): Promise<boolean> {
  const TableName = tableOf(app, 'Views');
  const answer = await dynamoDb(app.endpoint, 'GetItem', { TableName, Key: { pk: { S: pk } } });
  return (answer as { readonly Item?: unknown }).Item !== undefined;
}

/** Writes a profile, waits for what follows from it, and sends the same request and another with the same key again. */
export async function writeOnce(app: DeployedApp, id: number, seen: () => void): Promise<void> {
  const key = randomUUID();
  const profile = { name: 'Ada', email: 'ada@example.com' };
  const first = await put(app, id, key, profile);
  expectThat(first.status === 200, '200 for a new profile', first);
  await until('the view', 20_000, () => has(app, `view#${id}`), Boolean);
  await until('the journal', 20_000, () => has(app, `journal#${id}#1`), Boolean);
  seen();
  const again = await put(app, id, key, profile);
  expectThat(
    again.status === 200 && again.headers['idempotent-replayed'] === 'true' && again.text === first.text,
    'the first answer again',
    again,
  );
  const other = await put(app, id, key, { ...profile, name: 'Grace' });
  expectThat(other.status === 422, '422 for another body with the same key', other);
}

interface DeepHealth {
  readonly status: string;
  readonly dependencies: Readonly<Record<string, { readonly status: string; readonly details?: object }>>;
}

/** Ministack wants the right to read the function for it, which the role has not. */
const REFUSED = 'getProfileCapacity';

/** Whether its function may see what the deep health shows. */
export async function deepHealth(app: DeployedApp): Promise<string> {
  const failingIn = ({ dependencies }: DeepHealth) =>
    Object.entries(dependencies).flatMap(([name, { status }]) => (status === 'ok' ? [] : [name]));
  const { dependencies } = await until(
    'a deep health in which nothing else fails',
    20_000,
    async () => JSON.parse((await callApi(app, { path: '/api/health/deep' })).text) as DeepHealth,
    (health) => failingIn(health).every((name) => name === REFUSED),
  );
  const shown = Object.values(dependencies).filter(({ details = {} }) => 'visible' in details);
  const queues = app.resources.filter(({ type }) => type === 'AWS::SQS::Queue');
  const polled = app.resources.filter(
    ({ type, logicalId }) => type === 'AWS::Lambda::EventSourceMapping' && !logicalId.includes('Outbox'),
  );
  const expected = queues.length - polled.length;
  expectThat(shown.length === expected && expected > 0, `${expected} dead-letter queues`, dependencies);
  return `${Object.keys(dependencies).length} checks, ${shown.length} of them of queues`;
}

/** Runs `fibrin breakers` on the deployed table. */
export async function breakersCommand(app: DeployedApp, args: readonly string[]): Promise<unknown> {
  const child = app.processes.start(
    process.execPath,
    ['--conditions=fibrin-source', CLI, 'breakers', ...args, '--json', '--table', tableOf(app, 'Resilience')],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: towards(app.endpoint, app.folder) },
  );
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      text[name] += chunk.toString('utf8');
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  expectThat(code === 0, `exit code 0 of fibrin breakers ${args.join(' ')}`, { code, ...text });
  return JSON.parse(text.stdout) as unknown;
}

export async function breakerState(app: DeployedApp, name: string): Promise<string> {
  return ((await breakersCommand(app, ['show', name])) as { readonly state: string }).state;
}
