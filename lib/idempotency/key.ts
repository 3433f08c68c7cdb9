import { createHmac, hash } from 'node:crypto';
import { operationPrefix } from '../core/table-layout.ts';
import { canonicalJson } from './canonical-json.ts';

/** A digest of a value, independent of the order of its members, as 43 characters of base64url. */
export type Digest = (value: unknown) => string;

/**
 * SHA-256 of the value's one canonical text; HMAC-SHA-256 where there is a secret, so that who reads the table cannot find
 * out a value by trying.
 */
export function digestWith(secret: string | Uint8Array | undefined): Digest {
  if (secret === undefined) return (value) => hash('sha256', canonicalJson(value), 'base64url');
  return (value) => createHmac('sha256', secret).update(canonicalJson(value)).digest('base64url');
}

/** The record's key. The operation stays readable; what identifies the caller or the request is digested. */
export const recordKey = (operation: string, digest: string): string => operationPrefix(operation) + digest;

/** The operation in a record's key; undefined for what is none. */
export const operationOf = (text: string): string | undefined =>
  new RegExp(`^${operationPrefix('([^#]+)')}[\\w-]{43}$`).exec(text)?.[1];
