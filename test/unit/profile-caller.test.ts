import { describe, expect, test } from 'vitest';
import { callerOf, isIdentified } from '../../functions/shared/caller.ts';
import { idempotentHttp } from '../../lib/idempotency/http.ts';
import { memoryStore } from '../../lib/testing/index.ts';
import { contextWith } from '../support/lambda-context.ts';
import { profileRequest } from '../support/profile-request.ts';

const accountId = '123456789012';
const ROLE = 'AROAEXAMPLEROLE00001';

/** What an IAM authorizer says of a session of a role. */
const session = (name: string, { role = ROLE, cognitoIdentity = null as unknown } = {}) => ({
  iam: {
    accessKey: `ASIA${name}`,
    accountId,
    callerId: `${role}:${name}`,
    cognitoIdentity,
    principalOrgId: null,
    userArn: `arn:aws:sts::${accountId}:assumed-role/app/${name}`,
    userId: `${role}:${name}`,
  },
});
const user = (userId: unknown) => ({ iam: { accountId, userId, userArn: 'arn', cognitoIdentity: null } });
const token = (claims: unknown) => ({ jwt: { claims, scopes: null } });
const iss = 'https://issuer.example/';
const pool = (identityId: unknown) =>
  session('CognitoIdentityCredentials', { cognitoIdentity: { identityId } });

const callerIn = (authorizer: unknown) => callerOf(profileRequest({}, authorizer));

describe('the caller of a request', () => {
  test('is the same over all sessions of a role, and another for another role', () => {
    const callers = [
      session('monday'),
      session('tuesday'),
      session('monday', { role: 'AROAEXAMPLEROLE00002' }),
    ].map(callerIn);

    expect(callers[1]).toBe(callers[0]);
    expect(callers[2]).not.toBe(callers[0]);
  });

  test('is its own for each kind of identity', () => {
    const callers = [
      session('monday'),
      user('AIDAEXAMPLEUSER00001'),
      user(accountId),
      user(`${accountId}:ada`),
      user(`${accountId}:grace`),
      pool('eu-central-1:1'),
      pool('eu-central-1:2'),
      token({ iss, sub: 'ada' }),
      token({ iss, sub: 'grace' }),
      token({ iss: 'https://other.example/', sub: 'ada' }),
      token({ iss, sub: ROLE }),
    ].map(callerIn);

    expect(new Set(callers).size).toBe(callers.length);
  });

  test.each<[string, unknown]>([
    ['no authorizer', undefined],
    ['an authorizer without claims', {}],
    ['an authorizer that is null', null],
    ['claims that are null', token(null)],
    ['a token without a subject', token({ iss })],
    ['an empty subject', token({ iss, sub: '' })],
    ['a subject that is no text', token({ iss, sub: { $ne: 1 } })],
    ['a subject that is a list', token({ iss, sub: ['ada'] })],
    ['a subject with a blank', token({ iss, sub: 'ada x' })],
    ['a subject that is too long', token({ iss, sub: 'a'.repeat(256) })],
    ['a token without an issuer', token({ sub: 'ada' })],
    ['a token without a subject, beside a role', { ...token({ iss }), ...session('monday') }],
    ['an identity without a user id', user(undefined)],
    ['an id of another kind', user('ANPAEXAMPLEPOLICY0001')],
    ['a role without a session', user(ROLE)],
    ['an ARN for an id', user(`arn:aws:iam::${accountId}:user/ada`)],
    ['no account', { iam: { ...session('monday').iam, accountId: null } }],
    ['an identity pool that names no identity', pool(undefined)],
    ['the context of an authorizer of another kind', { lambda: { sub: 'ada' } }],
  ])('is unknown with %s: 403', (_, authorizer) => {
    expect(() => callerIn(authorizer)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_CALLER', status: 403 }),
    );
    expect(isIdentified(profileRequest({}, authorizer))).toBe(false);
  });
});

describe('a key under idempotentHttp', () => {
  const requests = () => {
    let runs = 0;
    const put = idempotentHttp({ store: memoryStore(), operation: 'put', principal: callerOf }, async () => ({
      statusCode: 200,
      body: String(++runs),
    }));
    const send = (authorizer: unknown) =>
      put(profileRequest({ headers: { 'idempotency-key': 'k' } }, authorizer), contextWith());
    return { send, runs: () => runs };
  };

  test('is replayed to a later session of the role that used it, and to no other role', async () => {
    const { send } = requests();

    expect(await send(session('monday'))).toMatchObject({ body: '1' });
    expect(await send(session('tuesday'))).toMatchObject({ body: '1' });
    expect(await send(session('monday', { role: 'AROAEXAMPLEROLE00002' }))).toMatchObject({ body: '2' });
  });

  test('is refused with 403 from a caller that is unknown, and nothing runs', async () => {
    const { send, runs } = requests();

    expect(await send(undefined)).toMatchObject({ statusCode: 403 });
    expect(runs()).toBe(0);
  });
});
