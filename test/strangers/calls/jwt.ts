import { deepStrictEqual as equal } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../lib/core/clock.ts';
import { issuer } from '../../support/tokens.ts';
import type { StrangerApp } from '../app.ts';

const own = issuer('key-1');
const other = issuer('key-1');
const nowSeconds = Math.floor(systemClock.now() / 1_000);
const CLAIMS = { iss: 'https://issuer.example', aud: 'notes', sub: 'ada', exp: nowSeconds + 3_600 };
const bearer = (claims: object, by = own) => ({ headers: { authorization: `Bearer ${by.token(claims)}` } });

export const jwt: StrangerApp = {
  name: 'jwt',
  kind: 'HTTP API with a JWT authorizer',
  args: ['--jwks', 'jwks.json'],
  prepare: (folder) => writeFileSync(join(folder, 'jwks.json'), JSON.stringify(own.keySet)),
  calls: {
    async 'a token of the issuer comes in, its claims reach the function'({ call }) {
      const { status, text } = await call('GET', '/notes', bearer(CLAIMS));
      equal([status, JSON.parse(text)], [200, { routeKey: 'GET /notes', who: 'ada', scopes: [] }]);
    },
    async 'a scope that the route asks for'({ call }) {
      const { status, text } = await call('POST', '/notes', bearer({ ...CLAIMS, scope: 'notes:write' }));
      equal([status, JSON.parse(text).scopes], [200, ['notes:write']]);
    },
    async 'a route without the authorizer is open'({ call }) {
      equal(JSON.parse((await call('GET', '/health')).text).who, 'a guest');
    },
    async 'no token, an old one, one for others, one of another key: 401'({ call }) {
      const refused = [
        {},
        bearer({ ...CLAIMS, exp: nowSeconds - 60 }),
        bearer({ ...CLAIMS, aud: 'others' }),
        bearer(CLAIMS, other),
      ];
      for (const sent of refused) {
        const { status, text } = await call('GET', '/notes', sent);
        equal([status, JSON.parse(text).message], [401, 'Unauthorized']);
      }
    },
    async 'a token without the scope: 403'({ call }) {
      const { status, text } = await call('POST', '/notes', bearer(CLAIMS));
      equal([status, JSON.parse(text).message], [403, 'Forbidden']);
    },
  },
};
