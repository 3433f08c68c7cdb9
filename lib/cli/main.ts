#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { FibrinError } from '../core/errors.ts';
import { print, printDefect, printError } from '../terminal/print.ts';
import { nodeProblem } from './node-version.ts';
import { isUsageError } from './usage.ts';

const HELP = `fibrin: serverless resilience for AWS Lambda

Usage: fibrin <command> [options]

  local         run the synthesized app of this folder on this machine
  idempotency   show the record of an idempotency key, or release the key
  breakers      show shared circuit breakers, or force one open or closed
  env           write the file of variables that sam local takes
  simulate      run environments with a shared circuit breaker, or a shared cache, through outages in virtual time

  --help     this text, or that of a command
  --version  the version`;

interface Command {
  readonly help: string;
  /** Resolves with the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** Loaded on demand: no command waits for the code of another, nor needs the packages that only that one needs. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  [
    'local',
    async () => {
      const { LOCAL_HELP, local } = await import('./local.ts');
      return { help: LOCAL_HELP, run: local };
    },
  ],
  [
    'idempotency',
    async () => {
      const { IDEMPOTENCY_HELP, idempotency } = await import('./idempotency.ts');
      return { help: IDEMPOTENCY_HELP, run: idempotency };
    },
  ],
  [
    'breakers',
    async () => {
      const { BREAKERS_HELP, breakers } = await import('./breakers.ts');
      return { help: BREAKERS_HELP, run: breakers };
    },
  ],
  [
    'env',
    async () => {
      const { ENV_HELP, env } = await import('./env.ts');
      return { help: ENV_HELP, run: env };
    },
  ],
  [
    'simulate',
    async () => {
      const { simulate } = await import('./simulate.ts');
      const { SIMULATE_HELP } = await import('./simulate/help.ts');
      return { help: SIMULATE_HELP, run: simulate };
    },
  ],
]);

const ownPackage = (): { readonly version: string; readonly engines: { readonly node: string } } =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === 'help') {
    const command = await COMMANDS.get(args[0] ?? '')?.();
    print(...(command?.help ?? HELP).split('\n'));
    return 0;
  }
  if (name === '--version') {
    print(ownPackage().version);
    return 0;
  }
  const problem = nodeProblem(process.versions.node, ownPackage().engines.node);
  if (problem !== undefined) {
    printError(`fibrin: ${problem}`);
    return 1;
  }
  const command = await COMMANDS.get(name)?.();
  if (command) return command.run(args);
  printError(`fibrin: unknown command ${JSON.stringify(name)}; fibrin --help lists them`);
  return 2;
}

/** One line for what a user can fix; the stack only for a defect. */
function explain(error: unknown): void {
  if (error instanceof FibrinError || isUsageError(error))
    printError(`fibrin: ${(error as Error).message.replaceAll(/\s*\n\s*/g, ' ')}`);
  else printDefect(error, 'fibrin: unexpected ');
}

// Node would print it as it is.
process.once('uncaughtException', (error) => {
  explain(error);
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  explain(error);
  return isUsageError(error) ? 2 : 1;
});
