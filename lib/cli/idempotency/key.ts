import * as rule from '../../core/rules.ts';
import { keyOfRecord, type Scopes } from '../../idempotency/identity.ts';
import { digestWith, operationOf, recordKey } from '../../idempotency/key.ts';
import { UsageError } from '../usage.ts';

/** What the command line says about the key. */
export interface KeyArguments extends Scopes {
  readonly operation?: string | undefined;
  /** The key is JSON, not text. */
  readonly isJson: boolean;
  /** Name of the environment variable that holds the secret: on the command line others could read the secret itself. */
  readonly secretVariable?: string | undefined;
}

export interface RecordKey {
  readonly key: string;
  readonly operation: string;
}

function parsed(text: string): unknown {
  let key: unknown;
  try {
    key = JSON.parse(text);
  } catch {
    throw new UsageError(
      `--json-key: expected the key to be JSON, such as '["a","b"]', got ${JSON.stringify(text)}`,
    );
  }
  if (key === null) throw new UsageError('--json-key: null is no key');
  return key;
}

function secretIn(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  const secret = process.env[variable];
  // Not by its name: who gives the secret itself by mistake should not find it in a log.
  if (!secret)
    throw new UsageError('--hmac-secret-env: there is no such environment variable, or it is empty');
  const expected = rule.secret(16)(secret);
  if (expected) throw new UsageError(`--hmac-secret-env: expected the secret to be ${expected}`);
  return secret;
}

/**
 * The record's key, computed by the code that functions compute it with.
 * @throws {UsageError} where what is given does not make one.
 */
export function recordKeyOf(text: string, given: KeyArguments): RecordKey {
  const { operation, isJson, secretVariable, ...scopes } = given;
  const named = isJson ? undefined : operationOf(text);
  if (named !== undefined) {
    const isMore = secretVariable !== undefined || Object.values(scopes).some((scope) => scope !== undefined);
    if (isMore || (operation !== undefined && operation !== named))
      throw new UsageError(
        "a record's key says it all; leave out --operation, --principal, --tenant and --hmac-secret-env",
      );
    return { key: text, operation: named };
  }
  if (operation === undefined)
    throw new UsageError(
      `name the operation with --operation, or give the key of the record: ${recordKey('operation', 'digest')}, 43 characters of digest`,
    );
  const trouble = rule.name()(operation);
  if (trouble) throw new UsageError(`--operation: expected ${trouble}`);
  if (text === '')
    throw new UsageError(`the key is empty; if that is what the caller sent, give it as --json-key '""'`);
  const key = isJson ? parsed(text) : text;
  return { key: keyOfRecord(digestWith(secretIn(secretVariable)), operation, key, scopes), operation };
}
