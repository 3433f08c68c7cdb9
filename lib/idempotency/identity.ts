import { IdempotencyKeyError } from './errors.ts';
import { type Digest, digestWith, recordKey } from './key.ts';
import type { IdempotencyOptions } from './options.ts';

/** Which run a request asks for, by digests only. */
export interface Identity {
  /** The record's key. */
  readonly key: string;
  /** Fingerprint of what the key must come with. */
  readonly payload: string;
}

/** Whose key it is. An operation that has no such scope leaves it out. */
export interface Scopes {
  readonly tenant?: unknown;
  readonly principal?: unknown;
}

/** The scopes are parts of their own, so that no key of one caller is another's. */
export function keyOfRecord(digest: Digest, operation: string, key: unknown, scopes: Scopes): string {
  const scope = (['tenant', 'principal'] as const).flatMap((name) =>
    scopes[name] === undefined ? [] : [[name, scopes[name]]],
  );
  return recordKey(operation, digest(scope.length === 0 ? key : { scope, key }));
}

/**
 * Reads the identity out of an event: once, before the handler can change it.
 * @throws {IdempotencyKeyError} (400) for an event that lacks the key or a scope.
 */
export function identify<E>(options: IdempotencyOptions<E>): (event: E, context: unknown) => Identity {
  const { operation, hmacSecret, payload, ...parts } = options;
  const digest = digestWith(hmacSecret);
  return (event, context) => {
    const required = (name: 'key' | 'principal' | 'tenant'): unknown => {
      const value = parts[name]?.(event, context);
      if (value === undefined || value === null) {
        const what = name === 'key' ? 'an idempotency key' : `a ${name} for its key`;
        throw new IdempotencyKeyError(`"${operation}" needs ${what}; the request has none`);
      }
      return value;
    };
    const scopes = {
      ...(parts.tenant && { tenant: required('tenant') }),
      ...(parts.principal && { principal: required('principal') }),
    };
    const key = required('key');
    return {
      key: keyOfRecord(digest, operation, key, scopes),
      payload: digest(payload ? (payload(event, context) ?? null) : key),
    };
  };
}
