import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ValidationError } from '../core/errors.ts';
import type { Call } from './call.ts';

const path = (issue: StandardSchemaV1.Issue): string =>
  (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');

/**
 * Passes an answer on only when the schema accepts it, as the schema made it. An answer that looks fine and is not
 * counts as a failure of the dependency.
 * @throws {ValidationError}
 * @see https://standardschema.dev
 */
export function validate<T>(
  call: Call<unknown>,
  schema: StandardSchemaV1<unknown, T>,
  name: string,
): Call<T> {
  return async (context) => {
    const result = await schema['~standard'].validate(await call(context));
    if (result.issues) {
      // Where, not what: a validator's message may quote the value.
      throw new ValidationError(
        name,
        result.issues.map((issue) => `\`${path(issue) || '(whole answer)'}\` does not fit the schema`),
      );
    }
    return result.value;
  };
}
