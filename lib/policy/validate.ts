import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Clock, systemClock } from '../core/clock.ts';
import { hasCode, ValidationError } from '../core/errors.ts';
import type { Call, ExecuteOptions } from '../core/execution.ts';
import { type Layer, policyOf } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** Whether a value answers the request: `key` is what the caller of `execute` has said the call is about. */
export type Check<T> = (value: T, about: { readonly key: string | undefined }) => boolean | Promise<boolean>;

/** A Standard Schema (zod, valibot, arktype, …), a check against the request, or the one and then the other. */
export type Validation<T> =
  | StandardSchemaV1<unknown, T>
  | Check<T>
  | readonly [StandardSchemaV1<unknown, T>, Check<T>];

/** An answer can be invalid in a million places, deep inside, under keys of megabytes. More than this explains nothing more. */
const MAX_ISSUES = 20;
const MAX_KEY_CHARACTERS = 100;

const keyOf = (part: PropertyKey | StandardSchemaV1.PathSegment): string =>
  String(typeof part === 'object' ? part.key : part).slice(0, MAX_KEY_CHARACTERS);

const pathOf = ({ path = [] }: Partial<StandardSchemaV1.Issue>): string =>
  path.slice(0, MAX_ISSUES).map(keyOf).join('.');

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

/** What is wrong with an answer, one line an issue. Where, not what: a validator's message may quote the value. */
const issuesOf = (issues: readonly StandardSchemaV1.Issue[]): readonly string[] =>
  (issues.length > 0 ? issues.slice(0, MAX_ISSUES) : [{}]).map(
    (issue) => `\`${pathOf(issue) || '(whole answer)'}\` does not fit the schema`,
  );

/** Passes answers on as the validation made them. An invalid one is a failed attempt. */
export function validationLayer<T>(validation: Validation<T>, name: string): Layer<T> {
  const given: readonly unknown[] = Array.isArray(validation) ? validation : [validation];
  const schema = given.find(isSchema<T>);
  const check = given.find(isCheck<T>);

  async function validate(answer: unknown, key: string | undefined): Promise<T> {
    try {
      const result = schema ? await schema['~standard'].validate(answer) : { value: answer as T };
      if (result.issues) throw new ValidationError(name, issuesOf(result.issues));
      if (check && (await check(result.value, { key })) !== true)
        throw new ValidationError(name, ['it does not answer the request']);
      return result.value;
    } catch (error) {
      if (hasCode(error, 'INVALID_ANSWER')) throw error;
      // An answer that a validator or a check cannot even read is no valid one.
      throw new ValidationError(name, ['the validation threw an error'], { cause: error });
    }
  }

  return (next) =>
    async function callAndValidate(execution) {
      return validate(await next(execution), execution.state.key);
    };
}

export interface ValidationOptions<T> {
  /** What an answer has to be. */
  readonly validate: Validation<T>;
  /** Name of the call in errors. Default `call`. */
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
 * const users = validation<{ id: string }>({ validate: ({ id }, { key }) => id === key });
 * const user = await users.execute(async () => ({ id: '7' }), { key: '7' });
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
  return policyOf(clock, validationLayer(options.validate, name));
}
