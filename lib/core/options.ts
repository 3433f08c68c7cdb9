import { InvalidOptionError } from './errors.ts';
import { type OptionRule, show } from './rules.ts';

export interface OptionRules {
  readonly required?: Readonly<Record<string, OptionRule>>;
  readonly optional?: Readonly<Record<string, OptionRule>>;
}

/**
 * Checks a plain options object and returns it.
 * @throws {InvalidOptionError} naming the option, what is expected of it and the value, for an unknown key, a missing
 * required option or a value out of range.
 */
export function checkOptions<T extends object>(owner: string, options: T, rules: OptionRules): T {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(`${owner}: expected an options object, got ${show(options)}`);
  }
  const values = options as Readonly<Record<string, unknown>>;
  const known = { ...rules.required, ...rules.optional };
  for (const key of Object.keys(values)) {
    if (!Object.hasOwn(known, key)) {
      throw new InvalidOptionError(
        `${owner}: unknown option \`${key}\`; the options are ${Object.keys(known).join(', ')}`,
      );
    }
  }
  for (const [key, check] of Object.entries(known)) {
    const value = values[key];
    if (value === undefined && !Object.hasOwn(rules.required ?? {}, key)) continue;
    const wrong = check(value);
    if (wrong !== undefined) throw new InvalidOptionError(`${owner}: expected \`${key}\` to be ${wrong}`);
  }
  return options;
}
