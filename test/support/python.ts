import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../.fibrin/python/', import.meta.url));

/** Programs of Python, in a virtual environment of their own. */
export interface PythonPrograms {
  /** The path of one of them. */
  program(name: string): string;
  /** Whether the environment was there already. */
  readonly cached: boolean;
}

/** The last line that a failed command said. */
function saidBy(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
  const lines = (stderr || message).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('[notice]')).at(-1) ?? message;
}

/**
 * Packages of exact versions (`name==1.2.3`) in a folder that git ignores. Packages that are there already are not asked for
 * again. Where there is no Python or no pip, or pip cannot get them, the answer is the reason.
 */
export async function pythonPrograms(
  name: string,
  requirements: readonly string[],
  signal: AbortSignal,
): Promise<PythonPrograms | string> {
  const folder = join(CACHE, [name, ...requirements].join('-').replaceAll(/[^\w.-]+/g, '-'));
  const done = join(folder, 'complete');
  const programs = (cached: boolean) => ({
    program: (file: string) => join(folder, 'bin', file),
    cached,
  });
  if (existsSync(done)) return programs(true);
  // What is there is of an attempt that was broken off.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', folder], { signal });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `python3 makes no virtual environment here: ${saidBy(error)}`;
  }
  try {
    const options = ['--disable-pip-version-check', '--no-input', '--quiet'];
    await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...options, ...requirements], {
      signal,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `pip cannot install ${requirements.join(' ')}: ${saidBy(error)}`;
  }
  writeFileSync(done, '');
  return programs(false);
}
