import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/**
 * Installs the newest Powertools over the pinned one, and leaves the lock as it is. Without network the pinned one stays.
 * Call it before anything imports the package.
 * @returns what was done, in a line.
 */
export async function takeNewestPowertools(): Promise<string> {
  const pinned = installedVersion(PACKAGE);
  const flags = [
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-online',
    '--fetch-retries=0',
  ];
  try {
    await promisify(execFile)('npm', ['install', ...flags, `${PACKAGE}@latest`], {
      cwd: fileURLToPath(BENCH),
      timeout: LIMIT_MS,
    });
  } catch (error) {
    return `Powertools ${pinned}, which is pinned: the newest could not be installed (${reasonOf(error)})`;
  }
  const newest = installedVersion(PACKAGE);
  return `Powertools ${newest}, the newest; ${newest === pinned ? 'the pinned one is the same' : `pinned is ${pinned}`}`;
}
