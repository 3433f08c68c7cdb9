import { LocalRunError } from '../problem.ts';

/** Values that the user gives for what lies in AWS: of SSM parameters and secrets by their names, of parameters by their logical ids. */
export type Values = ReadonlyMap<string, string>;

const REFERENCE = /\{\{resolve:([^:}]+):([^}]+)\}\}/g;
const SECRET_ARN = /^(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::(.*))?$/;

const unknownValue = (what: string, name: string): never => {
  throw new LocalRunError(
    `the template uses ${what} ${name}, which lies in AWS; give its value in a file, ${name}=…, and the file with --env-file`,
  );
};

/** @throws {LocalRunError} where the user gives no value of that name. */
export function parameterOf(values: Values, name: string): string {
  return values.get(name) ?? unknownValue('the SSM parameter', name);
}

/** The name in an ARN, of which the last six characters are AWS's own. */
const namesOf = (id: string): readonly string[] => {
  const name = SECRET_ARN.exec(id)?.[1]?.split(':secret:')[1];
  return name === undefined ? [id] : [id, name, name.replace(/-[A-Za-z0-9]{6}$/, '')];
};

function secretOf(values: Values, reference: string): string {
  const [, arn, ofArn] = SECRET_ARN.exec(reference) ?? [];
  const parts = arn === undefined ? reference.split(':') : [arn, ...(ofArn ?? '').split(':')];
  const [id = '', kind = '', member = ''] = parts;
  const names = namesOf(id);
  const name = names.find((one) => values.has(one));
  const text = name === undefined ? unknownValue('the secret', names.at(-1) ?? id) : String(values.get(name));
  if (kind !== '' && kind !== 'SecretString')
    throw new LocalRunError(`the template uses ${kind} of the secret ${id}; only SecretString is resolved`);
  if (member === '') return text;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Said below: the value is quoted nowhere.
  }
  const value =
    typeof content === 'object' && content !== null && Object.hasOwn(content, member)
      ? (content as Readonly<Record<string, unknown>>)[member]
      : undefined;
  if (value !== undefined) return typeof value === 'string' ? value : JSON.stringify(value);
  throw new LocalRunError(`the secret ${id} is given no JSON object with the member ${member}`);
}

/**
 * What CloudFormation's dynamic references in a text stand for.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 * @throws {LocalRunError} where the user gives no value.
 */
export function resolveReferences(text: string, values: Values): string {
  return text.replaceAll(REFERENCE, (_, service: string, reference: string) => {
    switch (service) {
      case 'ssm':
      case 'ssm-secure':
        // The version after the name: there is one of each here.
        return parameterOf(values, reference.replace(/:\d+$/, ''));
      case 'secretsmanager':
        return secretOf(values, reference);
      default:
        throw new LocalRunError(
          `the template uses {{resolve:${service}:…}}, which the local run cannot resolve`,
        );
    }
  });
}
