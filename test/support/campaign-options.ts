import { parseArgs } from 'node:util';

/** A whole number that a campaign takes by an option, or by a variable. */
export interface NumberOption {
  /** What it says, for `--help`. */
  readonly about: string;
  readonly variable: string;
  readonly otherwise: number;
  /** Default 0. */
  readonly min?: number;
  /** How the default is called where it is another one each time. */
  readonly called?: string;
}

const helpOf = (
  command: string,
  about: string,
  options: readonly (readonly [string, NumberOption])[],
): string => {
  const width = Math.max(...options.map(([name]) => name.length));
  const lines = options.map(
    ([name, { about: what, variable, otherwise, called }]) =>
      `  --${name.padEnd(width)}  ${what}; also ${variable}. Default: ${called ?? otherwise.toLocaleString('en')}`,
  );
  const usage = options.map(([name]) => `[--${name} N]`).join(' ');
  return `npm run ${command} -- ${usage}\n\n${about}\n\n${lines.join('\n')}`;
};

/**
 * The numbers that a campaign is run with. `--help` ends the process with 0, and what is no such number with 2 and a line that
 * says so.
 */
export function campaignOptions<N extends string>(
  command: string,
  about: string,
  numbers: Readonly<Record<N, NumberOption>>,
  { argv, env }: Pick<NodeJS.Process, 'argv' | 'env'> = process,
): Readonly<Record<N, number>> {
  const all = Object.entries<NumberOption>(numbers);
  const help = helpOf(command, about, all);
  const end = (code: number, text: string): never => {
    (code === 0 ? console.log : console.error)(text);
    process.exit(code);
  };
  const given = () => {
    try {
      const own = Object.fromEntries(all.map(([name]) => [name, { type: 'string' as const }]));
      return parseArgs({ args: argv.slice(2), options: { ...own, help: { type: 'boolean' } } }).values;
    } catch (error) {
      return end(2, `${(error as Error).message}\n\n${help}`);
    }
  };
  const values: Readonly<Record<string, unknown>> = given();
  if (values['help']) return end(0, help);
  const numberOf = (name: string, { variable, otherwise, min = 0 }: NumberOption): number => {
    const text = values[name] ?? env[variable] ?? otherwise;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= min && text !== '') return value;
    return end(2, `Expected --${name} or ${variable} to be a whole number from ${min} on, got ${text}`);
  };
  return Object.fromEntries(all.map(([name, option]) => [name, numberOf(name, option)])) as Record<N, number>;
}
