import { parseArgs } from 'node:util';
import { CACHE_CHECKS } from '../../simulation/cache/checks.ts';
import { checksIn } from '../../simulation/checks.ts';
import { UsageError } from '../usage.ts';
import { type CheckRequest, checkRequestOf, foundChecks } from './arguments.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = { check: flag, quick: flag, seed: text, seeds: text, json: flag, help: flag } as const;

/**
 * What is written behind `fibrin simulate cache`.
 * @throws {UsageError} for what it does not understand.
 */
export function readCacheArguments(args: readonly string[], newSeed: () => number): CheckRequest | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return 'help';
  const [name = 'all', ...more] = positionals;
  if (!values.check || more.length > 0)
    throw new UsageError(`expected cache --check, or cache --check NAME, got cache ${args.join(' ')}`.trim());
  return checkRequestOf(
    foundChecks(name, CACHE_CHECKS, (wanted) => checksIn(CACHE_CHECKS, wanted)),
    values,
    newSeed,
  );
}
