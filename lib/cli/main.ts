#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { FibrinError } from '../core/errors.ts';
import { LOCAL_HELP, local } from './local.ts';

const HELP = `fibrin: serverless resilience for AWS Lambda

Usage: fibrin <command> [options]

  local      run the synthesized app of this folder on this machine

  --help     this text, or that of a command
  --version  the version`;

/** Each command resolves with its exit code. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { local };

const version = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
};

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === 'help') {
    console.log(args[0] === 'local' ? LOCAL_HELP : HELP);
    return 0;
  }
  if (name === '--version') {
    console.log(version());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return command(args);
  console.error(`fibrin: unknown command ${JSON.stringify(name)}; fibrin --help lists them`);
  return 2;
}

/** One line for what a person can mend; the stack only for what they cannot. */
function explain(error: unknown): string {
  const isUsage =
    error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
  if (error instanceof FibrinError || isUsage) return `fibrin: ${(error as Error).message}`;
  return `fibrin: unexpected ${error instanceof Error ? error.stack : String(error)}`;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(explain(error));
  return 1;
});
