import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from '../../support/raw-call.ts';
import { issuer } from '../../support/tokens.ts';
import type { ConformanceCase, Deployment } from '../case.ts';
import { ask } from '../http.ts';

const page = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html';

const own = issuer('key-1');
const stranger = issuer('key-2');
const elliptic = issuer('key-1', 'EC');
/** The public keys of the issuer, as a JSON Web Key Set. */
export const KEY_SET: object = own.keySet;

let started: Promise<string> | undefined;

/** Serves the keys as an issuer does, for as long as the process lives, and gives the URL of the issuer. */
export function startIssuer(): Promise<string> {
  started ??= new Promise((resolve) => {
    const server = createServer(({ url }, response) => {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const isDiscovery = url?.endsWith('/openid-configuration');
      const body = isDiscovery ? { issuer: base, jwks_uri: `${base}/.well-known/jwks.json` } : KEY_SET;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
  return started;
}

interface TokenRow {
  readonly title: string;
  readonly path?: string;
  /** The value of the header, out of the claims of a right token. Default: that token. */
  readonly header?: (claims: Readonly<Record<string, unknown>>) => string | undefined;
  readonly status: number;
}

const rows: readonly TokenRow[] = [
  { title: 'A token of the issuer for the audience is admitted', status: 200 },
  {
    title: 'A token without Bearer in front of it is admitted',
    ...{ header: (claims) => own.token(claims), status: 200 },
  },
  { title: 'A request without a token is refused', ...{ header: () => undefined, status: 401 } },
  { title: 'What is no token is refused', ...{ header: () => 'Bearer nothing', status: 401 } },
  {
    title: 'A token of another issuer is refused',
    ...{
      header: (claims) => `Bearer ${own.token({ ...claims, iss: 'https://other.example' })}`,
      status: 401,
    },
  },
  {
    title: 'A token for another audience is refused',
    ...{ header: (claims) => `Bearer ${own.token({ ...claims, aud: 'other' })}`, status: 401 },
  },
  {
    title: 'A token for several audiences, one of which is right, is admitted',
    ...{ header: (claims) => `Bearer ${own.token({ ...claims, aud: ['other', 'app'] })}`, status: 200 },
  },
  {
    title: 'A token that has expired is refused',
    ...{
      header: ({ iat, ...claims }) => `Bearer ${own.token({ ...claims, exp: Number(iat) - 60 })}`,
      status: 401,
    },
  },
  {
    title: 'A token that is not valid yet is refused',
    ...{
      header: (claims) => `Bearer ${own.token({ ...claims, nbf: Number(claims['iat']) + 600 })}`,
      status: 401,
    },
  },
  {
    title: 'A token that was issued in the future is refused',
    ...{
      header: (claims) => `Bearer ${own.token({ ...claims, iat: Number(claims['iat']) + 600 })}`,
      status: 401,
    },
  },
  {
    title: 'A token whose key the issuer does not have is refused',
    ...{ header: (claims) => `Bearer ${stranger.token(claims)}`, status: 401 },
  },
  {
    title: 'A token whose signature is not that of its key is refused',
    ...{ header: (claims) => `Bearer ${stranger.token(claims, { kid: 'key-1' })}`, status: 401 },
  },
  {
    title: 'A token that is not signed by RSA is refused',
    ...{ header: (claims) => `Bearer ${elliptic.token(claims)}`, status: 401 },
  },
  {
    title: 'A token with none of the scopes of the route is refused',
    ...{ path: '/scoped', status: 403 },
  },
  {
    title: 'A token with one of the scopes of the route in scope is admitted',
    ...{ path: '/scoped', header: (claims) => `Bearer ${own.token({ ...claims, scope: 'user.id x' })}` },
    status: 200,
  },
  {
    title: 'A token with one of the scopes of the route in scp is admitted',
    ...{ path: '/scoped', header: (claims) => `Bearer ${own.token({ ...claims, scp: ['user.email'] })}` },
    status: 200,
  },
];

const rightHeader = (claims: object): string => `Bearer ${own.token(claims)}`;

async function claimsOf(): Promise<Readonly<Record<string, unknown>>> {
  const now = Math.floor(Date.now() / 1_000);
  return { iss: await startIssuer(), aud: 'app', sub: 'ada', iat: now, exp: now + 600 };
}

async function send(deployed: Deployment, path = '/private', header: TokenRow['header'] = rightHeader) {
  const authorization = header(await claimsOf());
  return ask(deployed, 'Api', path, { headers: authorization === undefined ? {} : { authorization } });
}

const passed: ConformanceCase[] = [
  {
    ...{ area: 'http-api', page, title: 'The claims of a token reach the function' },
    async check(deployed) {
      const { requestContext } = json(await send(deployed));
      assert.equal(requestContext.authorizer.jwt.claims.sub, 'ada');
    },
  },
  {
    ...{ area: 'http-api', page, title: 'The context of an open route has no authorizer' },
    async check(deployed) {
      const { requestContext } = json(await ask(deployed, 'Api', '/open'));
      assert.equal(requestContext.authorizer ?? undefined, undefined);
    },
  },
];

export const TOKEN_CASES: readonly ConformanceCase[] = [
  ...rows.map(
    ({ title, path, header, status }): ConformanceCase => ({
      ...{ area: 'http-api', title, page },
      async check(deployed) {
        const got = await send(deployed, path, header);
        assert.equal(got.status, status, `the status, with ${got.body.slice(0, 100)}`);
      },
    }),
  ),
  ...passed,
];
