import { describe, expect, test } from 'vitest';
import { type Identity, identify } from '../../lib/idempotency/identity.ts';
import { digestWith, recordKey } from '../../lib/idempotency/key.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { memoryStore } from '../../lib/store/memory.ts';

interface Request {
  readonly id?: unknown;
  readonly user?: unknown;
  readonly tenant?: unknown;
  readonly body?: unknown;
}

const identityOf = (
  request: Request,
  more: Partial<IdempotencyOptions<Request>> = {},
  context: unknown = {},
): Identity =>
  identify<Request>({ store: memoryStore(), operation: 'order', key: ({ id }) => id, ...more })(
    request,
    context,
  );

const scopes = {
  principal: { principal: ({ user }: Request) => user },
  tenant: { tenant: ({ tenant }: Request) => tenant },
};
const both = { ...scopes.principal, ...scopes.tenant };

describe('the identity of a request', () => {
  test.each([
    ['principal', { id: 1, user: 'ann' }, { id: 1, user: 'bob' }],
    ['tenant', { id: 1, tenant: 'a' }, { id: 1, tenant: 'b' }],
  ] as const)('keeps the same key of two callers apart by their %s', (name, one, other) => {
    expect(identityOf(one, scopes[name]).key).not.toBe(identityOf(other, scopes[name]).key);
    expect(identityOf(one, scopes[name])).toEqual(identityOf(one, scopes[name]));
  });

  test('does not take a principal for a tenant, nor a key for either', () => {
    const keys = [
      identityOf({ id: 'x', user: 'a' }, scopes.principal),
      identityOf({ id: 'x', tenant: 'a' }, scopes.tenant),
      identityOf({ id: 'x', user: 'a', tenant: 'b' }, both),
      identityOf({ id: 'x', user: 'b', tenant: 'a' }, both),
      identityOf({ id: 'a', user: 'x', tenant: 'b' }, both),
      identityOf({ id: ['a', 'x'] }),
      identityOf({ id: 'x' }),
    ].map(({ key }) => key);

    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    ['principal', { id: 1 }],
    ['principal', { id: 1, user: null }],
    ['tenant', { id: 1 }],
  ] as const)('is refused where the %s is missing: %j', (name, request) => {
    expect(() => identityOf(request, scopes[name])).toThrow(
      expect.objectContaining({
        code: 'IDEMPOTENCY_KEY_MISSING',
        status: 400,
        message: `"order" needs a ${name} for its key; the request has none`,
      }),
    );
  });

  test('is refused where the key is missing', () => {
    const message = '"order" needs an idempotency key; the request has none';

    expect(() => identityOf({ user: 'a' }, scopes.principal)).toThrow(message);
  });

  test('is that of the key alone where no option says whose it is, as it was before there was one', () => {
    const digest = digestWith(undefined);

    expect(identityOf({ id: 'x' }).key).toBe(recordKey('order', digest('x')));
    expect(identityOf({ id: 'x', user: 'a' }, scopes.principal).key).toBe(
      recordKey('order', digest({ scope: [['principal', 'a']], key: 'x' })),
    );
  });

  test.each([0, '', false])('takes %j for a principal like any other', (user) => {
    expect(identityOf({ id: 1, user }, scopes.principal).key).not.toBe(
      identityOf({ id: 1, user: 'x' }, scopes.principal).key,
    );
  });

  test('can be read from the context too', () => {
    const principal = (_: Request, context: unknown) => (context as { readonly user: string }).user;

    expect(identityOf({ id: 1 }, { principal }, { user: 'ann' }).key).not.toBe(
      identityOf({ id: 1 }, { principal }, { user: 'bob' }).key,
    );
  });

  test('has a fingerprint of the payload apart from the key', () => {
    const payload = ({ body }: Request) => body;
    const [one, other] = [
      identityOf({ id: 1, body: 'a' }, { payload }),
      identityOf({ id: 1, body: 'b' }, { payload }),
    ];

    expect(one.key).toBe(other.key);
    expect(one.payload).not.toBe(other.payload);
  });

  test('takes a payload that is undefined for one that is null', () => {
    const payload = ({ body }: Request) => body;

    expect(identityOf({ id: 1 }, { payload })).toEqual(identityOf({ id: 1, body: null }, { payload }));
  });

  test('compares nothing where no payload is named', () => {
    expect(identityOf({ id: 1, body: 'a' })).toEqual(identityOf({ id: 1, body: 'b' }));
  });

  test('cannot be found out by trying where there is a secret', () => {
    const payload = ({ body }: Request) => body;
    const [open, secret, other] = [
      undefined,
      { hmacSecret: 'a secret of sixteen' },
      { hmacSecret: 'another secret, long' },
    ].map((more) => identityOf({ id: '+49 30 1234', body: 'a' }, { payload, ...more }));

    expect(new Set([open, secret, other].map((identity) => identity?.key)).size).toBe(3);
    expect(new Set([open, secret, other].map((identity) => identity?.payload)).size).toBe(3);
  });
});
