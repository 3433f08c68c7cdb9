import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** SHA-256 of a value, independent of the order of its members, as 43 characters of base64url. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}

/** The record's key. The operation stays readable; what identifies the caller or the request is hashed. */
export function recordKey(operation: string, key: unknown): string {
  return `idempotency#${operation}#${fingerprint(key)}`;
}
