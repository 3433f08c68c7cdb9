import type { Values } from './dynamic-references.ts';
import type { TemplateReader } from './reader.ts';

export interface StoredParameter {
  readonly name: string;
  readonly arn: string;
  readonly type: string;
  readonly value: string;
}

export interface StoredSecret {
  readonly name: string;
  readonly arn: string;
  /** Undefined where neither the template nor the user says it: as a secret on AWS that has no value yet. */
  readonly value: string | undefined;
}

/** What functions can ask SSM and Secrets Manager for. */
export interface StoredValues {
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  readonly secrets: ReadonlyMap<string, StoredSecret>;
}

/** Those of the user's file, by whatever name, and those that the app makes. The file wins. */
export function readStoredValues(reader: TemplateReader, values: Values): StoredValues {
  const { region, account } = reader;
  const arnOf = (service: string, name: string) => `arn:aws:${service}:${region}:${account}:${name}`;
  const parameters = new Map<string, StoredParameter>();
  const secrets = new Map<string, StoredSecret>();
  const addParameter = (name: string, value: string, type: string) =>
    parameters.set(name, { name, arn: arnOf('ssm', `parameter/${name.replace(/^\//, '')}`), type, value });
  const addSecret = (name: string, value: string | undefined) =>
    secrets.set(name, { name, arn: arnOf('secretsmanager', `secret:${name}`), value });

  for (const { logicalId, properties } of reader.ofType(['AWS::SSM::Parameter'], ['Type', 'Value']))
    addParameter(
      reader.nameOf(logicalId),
      String(properties['Value']),
      String(properties['Type'] ?? 'String'),
    );
  for (const { logicalId, properties } of reader.ofType(['AWS::SecretsManager::Secret'], ['SecretString'])) {
    const value = properties['SecretString'];
    addSecret(reader.nameOf(logicalId), value === undefined ? undefined : String(value));
  }
  for (const [name, value] of values) {
    addParameter(name, value, parameters.get(name)?.type ?? 'String');
    addSecret(name, value);
  }
  return { parameters, secrets };
}
