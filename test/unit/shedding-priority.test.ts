import { describe, expect, test, vi } from 'vitest';
import { claimPriority, routePriority } from '../../lib/middleware/index.ts';
import { guardedPriority, type Priority } from '../../lib/shedding/priority.ts';

const withAuthorizer = (authorizer: unknown) => ({ requestContext: { authorizer } });

describe('routePriority', () => {
  const priority = routePriority({ 'POST /orders/{id}': 'high', 'GET /reports': 'low' });

  test.each<[string, unknown, Priority | undefined]>([
    ['an HTTP API', { requestContext: { routeKey: 'POST /orders/{id}' } }, 'high'],
    ['a REST API', { httpMethod: 'GET', resource: '/reports', path: '/prod/reports' }, 'low'],
    ['a route that it does not name', { requestContext: { routeKey: 'GET /orders/{id}' } }, undefined],
    ['a member of every object', { requestContext: { routeKey: 'constructor' } }, undefined],
    ['a load balancer, which has no routes', { httpMethod: 'GET', path: '/reports' }, undefined],
    ['no request', null, undefined],
  ])('has the priority of the route of %s', (_what, event, expected) => {
    expect(priority(event)).toBe(expected);
  });

  test('reads no header and no path that a client chooses', () => {
    const headers = { 'x-priority': 'high', 'x-route': 'POST /orders/{id}' };
    const event = {
      headers,
      rawPath: '/orders/{id}',
      routeKey: 'POST /orders/{id}',
      resource: 'POST /orders/{id}',
    };
    expect(priority(event)).toBeUndefined();
  });

  test.each([{ 'GET /': 'urgent' }, {}, null, 'high'])('refuses %j for priorities', (routes) => {
    expect(() => routePriority(routes as never)).toThrow(
      /^routePriority: expected `routes` to be an object whose values are high, normal, low, got /,
    );
  });
});

describe('claimPriority', () => {
  const priority = claimPriority('plan', { business: 'high', free: 'low', '1': 'normal', true: 'low' });

  test.each<[string, unknown, Priority | undefined]>([
    ['the JWT authorizer of an HTTP API', { jwt: { claims: { plan: 'business' } } }, 'high'],
    ['a Lambda authorizer of an HTTP API', { lambda: { plan: 'free' } }, 'low'],
    ['a number of a Lambda authorizer', { lambda: { plan: 1 } }, 'normal'],
    ['a boolean of a Lambda authorizer', { lambda: { plan: true } }, 'low'],
    ['Cognito at a REST API', { claims: { plan: 'free' } }, 'low'],
    ['a Lambda authorizer of a REST API', { plan: 'business', principalId: 'a' }, 'high'],
    ['a value that it does not name', { claims: { plan: 'gold' } }, undefined],
    ['a member of every object', { claims: { plan: 'constructor' } }, undefined],
    ['a claim that is not there', { claims: {} }, undefined],
    ['no authorizer', undefined, undefined],
  ])('has the priority by %s', (_what, authorizer, expected) => {
    expect(priority(withAuthorizer(authorizer))).toBe(expected);
  });

  test('refuses an empty name', () => {
    expect(() => claimPriority('', { free: 'low' })).toThrow('expected `claim` to be a non-empty string');
  });
});

describe('a priority function that misbehaves', () => {
  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new TypeError('secret');
      },
      'threw TypeError; the priority is normal',
    ],
    ['returns a word of its own', () => 'urgent', 'returned no priority; the priority is normal'],
    ['returns null', () => null, 'returned no priority; the priority is normal'],
    ['returns a promise', async () => 'high', 'returned a promise; the priority is normal'],
    [
      'returns a promise that rejects',
      async () => {
        throw new Error('secret');
      },
      'returned a promise; the priority is normal',
    ],
  ])('makes the request normal, and is warned of once, where it %s', (what, priorityOf, problem) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const guarded = guardedPriority(what.replaceAll(' ', '-'), priorityOf as () => Priority);

    expect([guarded({}, {}), guarded({}, {})]).toEqual(['normal', 'normal']);
    expect(emitWarning.mock.calls).toEqual([
      [`${what.replaceAll(' ', '-')}: priority ${problem}`, 'FibrinWarning'],
    ]);
  });

  test('makes the request normal without a warning where it returns undefined', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(guardedPriority('silent', () => undefined)({}, {})).toBe('normal');
    expect(guardedPriority('silent', undefined)({}, {})).toBe('normal');
    expect(emitWarning).not.toHaveBeenCalled();
  });
});
