import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LocalRunError } from '../problem.ts';
import type { ApiModel, JwtAuthorizerModel } from '../template/apis.ts';
import { headerOf, type Received } from './received.ts';
import type { Answer } from './server.ts';
import { serviceAnswer } from './service-answer.ts';

/** The keys of issuers, by key id. */
export type KeySet = ReadonlyMap<string, KeyObject>;

/**
 * Reads a JSON Web Key Set. Keys that are none of RSA's verify nothing, as on AWS.
 * @throws {LocalRunError} when the file holds none.
 * @see https://www.rfc-editor.org/rfc/rfc7517
 */
export function readKeySet(file: string): KeySet {
  try {
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { readonly keys: readonly JsonWebKey[] };
    return new Map(
      keys
        .filter(({ kty, kid }) => kty === 'RSA' && typeof kid === 'string')
        .map((key) => [String(key['kid']), createPublicKey({ key, format: 'jwk' })]),
    );
  } catch (error) {
    throw new LocalRunError(`${file} is no JSON Web Key Set, { "keys": [ … ] } with public keys`, error);
  }
}

/**
 * The keys for the authorizers of an app.
 * @throws {LocalRunError} where one needs keys and there are none.
 */
export function keysOf(apis: readonly ApiModel[], file: string | undefined): KeySet {
  if (file !== undefined) return readKeySet(file);
  const routes = apis.flatMap((api) => (api.kind === 'http' ? api.routes : []));
  const logicalId = routes.find(({ jwt }) => jwt)?.jwt?.authorizer.logicalId;
  if (logicalId === undefined) return new Map();
  throw new LocalRunError(
    `${logicalId}: a JWT authorizer needs the keys of its issuer, which this machine does not fetch; give them with --jwks FILE, a JSON Web Key Set`,
  );
}

export type Authorization =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | {
      readonly kind: 'authorized';
      readonly claims: Readonly<Record<string, string>>;
      readonly scopes: readonly string[] | null;
    };

const DIGESTS: Readonly<Record<string, string>> = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' };

function jsonOf(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Claims as they stand in an event: text, a list as `[a b]`. */
const claimText = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(claimText).join(' ')}]`
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

const scopesOf = ({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] =>
  Array.isArray(scp ?? scope)
    ? ((scp ?? scope) as unknown[]).map(String)
    : String(scope ?? scp ?? '').split(' ');

const refused = (statusCode: 401 | 403, challenge: string): Authorization => {
  const answer = serviceAnswer(statusCode, statusCode === 401 ? 'Unauthorized' : 'Forbidden');
  return {
    kind: 'refused',
    answer: { ...answer, headers: { ...answer.headers, 'www-authenticate': `Bearer${challenge}` } },
  };
};
const invalid = (why: string) => refused(401, ` scope="" error="invalid_token" error_description="${why}"`);

const tokenOf = ({ source }: JwtAuthorizerModel, received: Received): string | undefined => {
  const value =
    source.in === 'header'
      ? headerOf(received, source.name.toLowerCase())
      : new URLSearchParams(received.query).get(source.name);
  return value?.replace(/^Bearer /i, '') || undefined;
};

/** Why the claims are not enough, or undefined. */
function faultOf(
  { issuer, audience }: JwtAuthorizerModel,
  claims: Readonly<Record<string, unknown>>,
  nowSeconds: number,
): string | undefined {
  const { iss, aud, client_id: clientId, exp, nbf, iat } = claims;
  if (iss !== issuer) return 'the token does not have a valid issuer';
  const given = [aud ?? clientId].flat();
  if (!audience.some((one) => given.includes(one))) return 'the token does not have a valid audience';
  if (typeof exp !== 'number' || exp <= nowSeconds) return 'the token has expired';
  if (nbf !== undefined && !(Number(nbf) <= nowSeconds)) return 'the token is not valid yet';
  if (iat !== undefined && !(Number(iat) <= nowSeconds)) return 'the token was issued in the future';
  return undefined;
}

/**
 * Decides whether a request may reach a route, as a JWT authorizer does.
 * @param scopes Those of the route, one of which a token must have; empty for any token.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function authorizeByJwt(
  authorizer: JwtAuthorizerModel,
  scopes: readonly string[],
  keys: KeySet,
  received: Received,
  now: number,
): Authorization {
  const token = tokenOf(authorizer, received);
  if (token === undefined) return refused(401, '');
  const [head, body, signature, ...more] = token.split('.');
  const header = jsonOf(head);
  const claims = jsonOf(body);
  if (header === undefined || claims === undefined || signature === undefined || more.length > 0)
    return invalid('the token is no JSON Web Token');
  const { alg, kid } = header;
  const digest = Object.hasOwn(DIGESTS, String(alg)) ? DIGESTS[String(alg)] : undefined;
  const key = keys.get(String(kid));
  if (digest === undefined) return invalid('the token is not signed by an algorithm of RSA');
  if (key === undefined) return invalid('the token is signed by an unknown key');
  if (!verify(digest, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
    return invalid('the token has a wrong signature');
  const fault = faultOf(authorizer, claims, now / 1_000);
  if (fault !== undefined) return invalid(fault);
  const granted = scopesOf(claims).filter((scope) => scopes.includes(scope));
  if (scopes.length > 0 && granted.length === 0)
    return refused(
      403,
      ` scope="${scopes.join(' ')}" error="insufficient_scope" error_description="the token has no scope of the route"`,
    );
  return {
    kind: 'authorized',
    claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)])),
    scopes: scopes.length === 0 ? null : granted,
  };
}
