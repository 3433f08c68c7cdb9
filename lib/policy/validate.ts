import type { StandardSchemaV1 } from '@standard-schema/spec';
import { beginRun, type Call, type ExecuteOptions } from '../core/call.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** Whether a value is an answer to what was asked: `key` is what the caller of `execute` has said it is about. */
export type Check<T> = (value: T, about: { readonly key: string | undefined }) => boolean | Promise<boolean>;

/** A Standard Schema (zod, valibot, arktype, …), a check against the request, or the one and then the other. */
export type Validation<T> =
  | StandardSchemaV1<unknown, T>
  | Check<T>
  | readonly [StandardSchemaV1<unknown, T>, Check<T>];

/** Gives the value as the schema made it, or throws. */
export type Validate<T> = (value: unknown, key: string | undefined) => Promise<T>;

const pathOf = (issue: StandardSchemaV1.Issue): string =>
  (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');

// arktype's schemas are functions.
const isSchema = <T>(given: unknown): given is StandardSchemaV1<unknown, T> =>
  typeof (given as Partial<StandardSchemaV1> | null)?.['~standard']?.validate === 'function';

const isCheck = <T>(given: unknown): given is Check<T> => typeof given === 'function' && !isSchema(given);

const isValidation = (given: unknown): boolean =>
  Array.isArray(given)
    ? given.length === 2 && isSchema(given[0]) && isCheck(given[1])
    : isSchema(given) || isCheck(given);

/** The rule for an option that says how to validate. */
export const validationRule: rule.OptionRule = rule.unless(
  isValidation,
  'a Standard Schema (zod, valibot, arktype, …), a function, or an array of both',
);

/** A function that validates a value as `validation` says. */
export function validating<T>(validation: Validation<T>, name: string): Validate<T> {
  const given: readonly unknown[] = Array.isArray(validation) ? validation : [validation];
  const schema = given.find(isSchema<T>);
  const check = given.find(isCheck<T>);
  return async (answer, key) => {
    const result = schema ? await schema['~standard'].validate(answer) : { value: answer as T };
    // Where, not what: a validator's message may quote the value.
    if (result.issues) {
      const paths = result.issues.map((issue) => pathOf(issue) || '(whole answer)');
      throw new ValidationError(
        name,
        paths.map((path) => `\`${path}\` does not fit the schema`),
      );
    }
    if (check && (await check(result.value, { key })) !== true)
      throw new ValidationError(name, ['it is no answer to what was asked']);
    return result.value;
  };
}

export interface ValidationOptions<T> {
  /** What an answer has to be. */
  readonly validate: Validation<T>;
  /** What the call is named in errors. Default `call`. */
  readonly name?: string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * Passes answers on only when they are valid, as the schema made them. An answer that looks fine and is not counts as a
 * failure of the dependency.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {ValidationError} from `execute` for an answer that is not valid. It names paths, and never holds the value.
 * @see https://standardschema.dev
 * @example
 * ```ts
 * const fair = validation<{ id: string }>({ validate: ({ id }, { key }) => id === key });
 * const user = await fair.execute(async () => ({ id: '7' }), { key: '7' });
 * ```
 */
export function validation<T>(options: ValidationOptions<T>): {
  execute(call: Call<unknown>, options?: ExecuteOptions): Promise<T>;
} {
  checkOptions('validation', options, {
    required: { validate: validationRule },
    optional: { name: rule.name(), clock: rule.object() },
  });
  const { name = 'call', clock = systemClock } = options;
  const validate = validating(options.validate, name);
  return {
    async execute(call, callOptions) {
      const run = beginRun(clock, call, callOptions);
      return validate(await run.make(run), run.key);
    },
  };
}
