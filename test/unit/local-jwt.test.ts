import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authorizeByJwt, keysOf, readKeySet } from '../../lib/local/http/jwt.ts';
import type { Received } from '../../lib/local/http/received.ts';
import type { HttpApiModel, JwtAuthorizerModel } from '../../lib/local/template/apis.ts';
import { temporaryFolder } from '../support/folders.ts';
import { issuer } from '../support/tokens.ts';

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1_000;
const own = issuer('own');
const stranger = issuer('own');
const elliptic = issuer('elliptic', 'EC');

const fileOf = (value: unknown): string => {
  const file = join(temporaryFolder(), 'jwks.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};
const keys = readKeySet(fileOf({ keys: [...own.keySet.keys, ...elliptic.keySet.keys, { kty: 'RSA' }] }));

const MODEL: JwtAuthorizerModel = {
  logicalId: 'Tokens',
  source: { in: 'header', name: 'Authorization' },
  issuer: 'https://issuer.example',
  audience: ['app'],
};
const CLAIMS = { iss: 'https://issuer.example', aud: 'app', exp: SECONDS + 60 };
const received = (more: Partial<Received>): Received => ({
  ...{ method: 'GET', path: '/', query: '', protocol: 'HTTP/1.1', headers: [] },
  ...more,
});
const withToken = (token: string) => received({ headers: [['Authorization', token]] });
const decide = (token: string, scopes: readonly string[] = [], model = MODEL) =>
  authorizeByJwt(model, scopes, keys, withToken(token), NOW);

describe('a JWT authorizer', () => {
  it.each([
    ['with Bearer before it', `Bearer ${own.token(CLAIMS)}`],
    ['alone', own.token(CLAIMS)],
    ['for several audiences', own.token({ ...CLAIMS, aud: ['x', 'app'] })],
    ['with a client in place of an audience', own.token({ ...CLAIMS, aud: undefined, client_id: 'app' })],
    ['that is valid from now on', own.token({ ...CLAIMS, nbf: SECONDS, iat: SECONDS })],
  ])('takes a token %s', (_, token) => {
    expect(decide(token).kind).toBe('authorized');
  });

  it('takes a token from the query', () => {
    const model: JwtAuthorizerModel = { ...MODEL, source: { in: 'querystring', name: 'token' } };
    const query = `token=${own.token(CLAIMS)}`;
    expect(authorizeByJwt(model, [], keys, received({ query }), NOW).kind).toBe('authorized');
    expect(authorizeByJwt(model, [], keys, withToken(own.token(CLAIMS)), NOW).kind).toBe('refused');
  });

  it.each([
    ['by another key of the same id', stranger.token(CLAIMS), /wrong signature/],
    ['by a key that is not in the set', issuer('other').token(CLAIMS), /unknown key/],
    ['by an elliptic curve, which AWS does not take', elliptic.token(CLAIMS), /algorithm of RSA/],
    ['by nothing', own.token(CLAIMS, { alg: 'none' }), /algorithm of RSA/],
    ['by a shared secret', own.token(CLAIMS, { alg: 'HS256' }), /algorithm of RSA/],
    [
      'with an algorithm that is a property of every object',
      own.token(CLAIMS, { alg: 'constructor' }),
      /algorithm/,
    ],
    [
      'whose claims were changed',
      own
        .token(CLAIMS)
        .replace(/\.[^.]+\./, `.${Buffer.from('{"iss":"https://issuer.example"}').toString('base64url')}.`),
      /wrong signature/,
    ],
    ['without an end', own.token({ ...CLAIMS, exp: undefined }), /expired/],
    ['whose end is no number', own.token({ ...CLAIMS, exp: `${SECONDS + 60}` }), /expired/],
    ['that ends now', own.token({ ...CLAIMS, exp: SECONDS }), /expired/],
    ['of the future', own.token({ ...CLAIMS, iat: SECONDS + 5 }), /future/],
    [
      'for another audience, whatever its client',
      own.token({ ...CLAIMS, aud: 'x', client_id: 'app' }),
      /valid audience/,
    ],
    ['of four parts', `${own.token(CLAIMS)}.x`, /no JSON Web Token/],
    ['that is no token', 'x', /no JSON Web Token/],
    ['whose claims are a list', `${own.token([])}`, /valid issuer/],
  ])('refuses a token that is signed %s', (_, token, why) => {
    const decision = decide(token);
    expect(decision).toMatchObject({ kind: 'refused', answer: { statusCode: 401 } });
    expect(decision.kind === 'refused' && decision.answer.headers?.['www-authenticate']).toMatch(why);
  });

  it.each([
    [{ scope: 'a read' }, ['read', 'write'], ['read']],
    [{ scp: ['write', 'a'] }, ['read', 'write'], ['write']],
    [{ scp: 'write' }, ['write'], ['write']],
    [{ scope: 'a' }, [], null],
  ])('finds the scopes of %j', (claims, scopes, granted) => {
    expect(decide(own.token({ ...CLAIMS, ...claims }), scopes)).toMatchObject({ scopes: granted });
  });

  it.each([[{}], [{ scope: 'a' }], [{ scope: 7 }]])(
    'wants a scope of the route, which %j has not',
    (claims) => {
      expect(decide(own.token({ ...CLAIMS, ...claims }), ['read'])).toMatchObject({
        ...{ kind: 'refused', answer: { statusCode: 403 } },
      });
    },
  );
});

describe('the keys of a run', () => {
  const api = (jwt: boolean): HttpApiModel => ({
    ...{ kind: 'http', logicalId: 'Api', apiId: 'a', displayName: 'Api', stages: [] },
    routes: [
      {
        ...{ routeKey: '$default', functionName: 'f', payloadFormat: '2.0', timeoutMs: 1 },
        ...(jwt && { jwt: { authorizer: MODEL, scopes: [] } }),
      },
    ],
  });

  it('are wanted where there is an authorizer, and nowhere else', () => {
    expect(keysOf([api(false)], undefined).size).toBe(0);
    expect(() => keysOf([api(true)], undefined)).toThrow(/^Tokens: a JWT authorizer needs .* --jwks FILE/);
    expect([...keysOf([api(true)], fileOf(own.keySet)).keys()]).toEqual(['own']);
  });

  it.each([['no JSON'], [{}], [{ keys: [{ kty: 'RSA', kid: 'a', n: 7 }] }]])('are not in %j', (content) => {
    expect(() => readKeySet(fileOf(content))).toThrow(/is no JSON Web Key Set/);
  });

  it('are not in a file that there is not', () => {
    expect(() => readKeySet('/nowhere/jwks.json')).toThrow(/\/nowhere\/jwks.json is no JSON Web Key Set/);
  });
});
