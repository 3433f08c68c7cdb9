/*
 * All that the command line prints goes through here, line by line: whatever a value holds, it neither controls the terminal
 * nor begins a line of its own.
 */
import { inspect } from 'node:util';
import { errorChain } from '../core/error-chain.ts';
import { textOf } from '../core/property.ts';
import { printable } from './printable.ts';

const textOfLines = (lines: readonly string[]): string => lines.map(printable).join('\n');

/** Prints lines to stdout. */
export const print = (...lines: readonly string[]): void => console.log(textOfLines(lines));

/** Prints lines to stderr. */
export const printError = (...lines: readonly string[]): void => console.error(textOfLines(lines));

/** Prints a value for programs: JSON, indented. */
export const printJson = (value: unknown): void => print(...JSON.stringify(value, undefined, 2).split('\n'));

function linesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [inspect(error)];
  const frames = textOf(error, 'stack').split('\n');
  return [
    `${textOf(error, 'name')}: ${textOf(error, 'message')}`,
    ...frames.filter((line) => /^ +at /.test(line)),
  ];
}

/** Prints a defect to stderr: an error and its causes, a line each, with their stacks. */
export function printDefect(error: unknown, heading = ''): void {
  const [first = '', ...more] = errorChain(error).flatMap((link, index) =>
    linesOf(link).map((line, at) => (index > 0 && at === 0 ? `caused by ${line}` : line)),
  );
  printError(`${heading}${first}`, ...more);
}

/** Shows a line on stderr in place of the one before, where a person is watching. An empty one removes it. */
export function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${printable(line)}`);
}
