import { InvalidOptionError } from './errors.ts';
import { isObject } from './property.ts';
import { type OptionRule, show } from './rules.ts';

export interface OptionRules {
  readonly required?: Readonly<Record<string, OptionRule>>;
  readonly optional?: Readonly<Record<string, OptionRule>>;
}

/** What is wrong with the options, if something is. */
function problemIn(options: unknown, { required = {}, optional = {} }: OptionRules): string | undefined {
  if (!isObject(options)) return `expected an options object, got ${show(options)}`;
  const rules = { ...required, ...optional };
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(rules, key))
      return `unknown option \`${key}\`; the options are ${Object.keys(rules).join(', ')}`;
  }
  for (const [key, rule] of Object.entries(rules)) {
    const value = (options as Readonly<Record<string, unknown>>)[key];
    const wrong = value === undefined && !(key in required) ? undefined : rule(value);
    if (wrong) return `expected \`${key}\` to be ${wrong}`;
  }
  return undefined;
}

/**
 * Checks a plain options object and returns it.
 * @throws {InvalidOptionError} naming the option, what is expected of it and the value, for an unknown key, a missing
 * required option or a value out of range.
 */
export function checkOptions<T extends object>(owner: string, options: T, rules: OptionRules): T {
  const problem = problemIn(options, rules);
  if (problem) throw new InvalidOptionError(`${owner}: ${problem}`);
  return options;
}
