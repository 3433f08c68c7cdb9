import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface Issuer {
  /** Its public keys, as a JSON Web Key Set. */
  readonly keySet: { readonly keys: readonly object[] };
  token(claims: object, header?: object): string;
}

/** Who signs tokens with a key of its own. */
export function issuer(kid: string, type: 'RSA' | 'EC' = 'RSA'): Issuer {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } =
    type === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    keySet: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }] },
    token(claims, header = {}) {
      const text = `${part({ alg: type === 'RSA' ? 'RS256' : 'ES256', typ: 'JWT', kid, ...header })}.${part(claims)}`;
      const key = { key: privateKey, ...(type === 'EC' && { dsaEncoding: 'ieee-p1363' as const }) };
      return `${text}.${createSign('sha256').update(text).sign(key).toString('base64url')}`;
    },
  };
}
