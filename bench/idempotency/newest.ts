import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BENCH = new URL('../', import.meta.url);
const LIMIT_MS = 60_000;
const PACKAGE = '@aws-lambda-powertools/idempotency';

/** The version of a package as it is installed beside the comparisons. */
export function installedVersion(name: string): string {
  const file = new URL(`node_modules/${name}/package.json`, BENCH);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** The line in which npm says what kept it from installing. */
function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as Error & { readonly stderr?: string };
  const lines = stderr.split('\n').map((line) => line.replace(/^npm (error|ERR!) */, ''));
  return (
    lines.find((line) => line !== '' && !/^(code|errno|syscall) /.test(line)) ?? message.split('\n')[0] ?? ''
  );
}

async function npm(...args: readonly string[]): Promise<string> {
  const flags = ['--no-audit', '--no-fund', '--fetch-retries=0'];
  const options = { cwd: fileURLToPath(BENCH), timeout: LIMIT_MS };
  return (await promisify(execFile)('npm', [...args, ...flags], options)).stdout.trim();
}

/** Asks the registry. With a cache of its own: npm answers from the usual one where there is no network. */
async function newestVersion(): Promise<string> {
  const cache = await mkdtemp(join(tmpdir(), 'fibrin-npm-'));
  try {
    return await npm('view', `${PACKAGE}@latest`, 'version', `--cache=${cache}`);
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/**
 * Installs the newest Powertools over the pinned one, and leaves the lock as it is. Without network the pinned one stays.
 * Call it before anything imports the package.
 * @returns what was done, in a line.
 */
export async function takeNewestPowertools(): Promise<string> {
  const pinned = installedVersion(PACKAGE);
  try {
    const newest = await newestVersion();
    if (newest === pinned) return `Powertools ${newest}, the newest; the pinned one is the same`;
    await npm('install', '--no-save', '--ignore-scripts', `${PACKAGE}@${newest}`);
    return `Powertools ${newest}, the newest; pinned is ${pinned}`;
  } catch (error) {
    return `Powertools ${pinned}, which is pinned: the newest could not be installed (${reasonOf(error)})`;
  }
}
