import { InvalidOptionError } from './errors.ts';

/** Says what is expected of one option, or undefined when the value is fine. */
export type OptionRule = (value: unknown) => string | undefined;

const show = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
};

const range = (min: number, max: number) =>
  max === Number.POSITIVE_INFINITY ? `of ${min} or more` : `from ${min} to ${max}`;

/** The rules an option can have. Each one names what it expects, so that the message can. */
export const rule = {
  integer:
    (min = 0, max: number = Number.POSITIVE_INFINITY): OptionRule =>
    (value) =>
      Number.isInteger(value) && (value as number) >= min && (value as number) <= max
        ? undefined
        : `an integer ${range(min, max)}`,
  /** A duration in milliseconds: finite, above zero. */
  durationMs:
    (min = 1, max = 2_147_483_647): OptionRule =>
    (value) =>
      typeof value === 'number' && value >= min && value <= max
        ? undefined
        : `a number of milliseconds ${range(min, max)}`,
  /** A share above 0 and up to 1. */
  ratio: (): OptionRule => (value) =>
    typeof value === 'number' && value > 0 && value <= 1 ? undefined : 'a fraction above 0 and up to 1',
  /** A name that is part of a key or a metric. */
  name: (): OptionRule => (value) =>
    typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value)
      ? undefined
      : 'a name of 1 to 100 letters, digits, ".", "_" or "-" that starts with a letter or digit',
  text: (): OptionRule => (value) =>
    typeof value === 'string' && value !== '' ? undefined : 'a non-empty string',
  texts: (): OptionRule => (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string')
      ? undefined
      : 'an array of strings',
  boolean: (): OptionRule => (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  oneOf:
    (...values: readonly string[]): OptionRule =>
    (value) =>
      values.includes(value as string) ? undefined : `one of ${values.join(', ')}`,
  /** Text or bytes. What it is instead is never shown. */
  secret:
    (minLength: number): OptionRule =>
    (value) =>
      (typeof value === 'string' || value instanceof Uint8Array) && value.length >= minLength
        ? undefined
        : `text or bytes of ${minLength} or more`,
  fn: (): OptionRule => (value) => (typeof value === 'function' ? undefined : 'a function'),
  object: (): OptionRule => (value) =>
    typeof value === 'object' && value !== null ? undefined : 'an object',
  /** A Standard Schema: an object or, as arktype makes them, a function. */
  schema: (): OptionRule => (value) => {
    const standard = (value as { '~standard'?: { validate?: unknown } } | null | undefined)?.['~standard'];
    return typeof standard?.validate === 'function'
      ? undefined
      : 'a Standard Schema (zod, valibot, arktype, …)';
  },
} as const;

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
    const expected = check(value);
    if (expected !== undefined) {
      throw new InvalidOptionError(`${owner}: expected \`${key}\` to be ${expected}, got ${show(value)}`);
    }
  }
  return options;
}
