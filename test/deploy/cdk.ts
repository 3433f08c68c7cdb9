import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Processes } from '../../lib/local/processes.ts';
import { ACCOUNT, withoutAws } from './ministack.ts';
import { DUMMY_CREDENTIALS, REGION, sendSigned } from './signed.ts';
import { stacksOf, tablesOf } from './stacks.ts';

const CDK = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
const LIMIT_MS = 180_000;

export interface CdkOptions {
  readonly processes: Processes;
  /** Where it may write. */
  readonly folder: string;
  /** Of the emulator. */
  readonly endpoint: URL;
  /** The folder with `cdk.json`. */
  readonly project: string;
}

/** The environment in which every AWS SDK, and so the CDK, talks to the emulator alone. */
export const towards = (endpoint: URL, folder: string): NodeJS.ProcessEnv => ({
  ...withoutAws(folder),
  AWS_ENDPOINT_URL: endpoint.origin,
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: DUMMY_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: DUMMY_CREDENTIALS.secretAccessKey,
});

/** Runs this repository's own `cdk` to its end. */
export async function runCdk(args: readonly string[], options: CdkOptions): Promise<string> {
  const { processes, folder, endpoint, project } = options;
  const child = processes.start(process.execPath, [CDK, ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What it remembers of accounts and their ids is of no use to others.
    env: { ...towards(endpoint, folder), CDK_HOME: join(folder, 'cdk-home'), CI: 'true' },
  });
  const timer = setTimeout(() => processes.kill(child), LIMIT_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (code === 0) return output;
  const limit = code === null ? ` (or it was ended after ${LIMIT_MS / 1_000} s)` : '';
  throw new Error(`cdk ${args.join(' ')} ended with ${code}${limit}:\n${output.slice(-4_000)}`);
}

/**
 * Prepares the emulator's account for the CDK. Its staging bucket admits requests over TLS only, and the emulator is reached
 * without: that policy, and nothing else, is taken away.
 */
export async function bootstrap(options: CdkOptions): Promise<void> {
  const output = join(options.folder, 'bootstrap');
  mkdirSync(output, { recursive: true });
  await runCdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`, '--output', output], options);
  const { status, text } = await sendSigned({
    ...{ endpoint: options.endpoint, service: 's3', method: 'DELETE', query: { policy: '' } },
    path: `/cdk-hnb659fds-assets-${ACCOUNT}-${REGION}`,
  });
  if (status !== 204) throw new Error(`the policy of the staging bucket stays: ${status} ${text}`);
}

/** All stacks of an assembly, or one by its id. */
export type Which = '--all' | (string & {});

/** Deploys stacks of an assembly and gives their outputs, by stack and name. */
export async function deploy(assembly: string, options: CdkOptions, which: Which = '--all') {
  const file = join(options.folder, 'outputs.json');
  const flags = [which, '--require-approval', 'never', '--progress', 'events', '--outputs-file', file];
  await runCdk(['deploy', '--app', assembly, ...flags], options);
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Destroys a stack of an assembly, by its name. Gives the tables that stay. */
export async function destroy(
  assembly: string,
  stack: string,
  options: CdkOptions,
  which: Which = '--all',
): Promise<readonly string[]> {
  const { endpoint } = options;
  await runCdk(['destroy', which, '--force', '--app', assembly], options);
  const stacks = await stacksOf(endpoint);
  if (stacks.includes(stack)) throw new Error(`expected no stack ${stack}, got ${stacks.join(', ')}`);
  return tablesOf(endpoint, stack);
}
