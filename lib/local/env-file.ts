import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { LocalRunError } from './problem.ts';
import type { Values } from './template/dynamic-references.ts';

/**
 * Reads a file of `NAME=value` lines, as Node's and Docker's `--env-file` do. Names are those of SSM parameters and secrets,
 * slashes included, or logical ids of a template's parameters.
 * @throws {LocalRunError} when it cannot be read.
 */
export function readEnvFile(file: string): Values {
  try {
    const entries = Object.entries(parseEnv(readFileSync(file, 'utf8')));
    return new Map(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  } catch (error) {
    throw new LocalRunError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}); see --env-file`,
      error,
    );
  }
}
