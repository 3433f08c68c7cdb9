import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { type HealthOptions, health } from '../../lib/middleware/health.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { manyValueEvent } from '../support/http-event.ts';
import { contextWith } from '../support/lambda-context.ts';

const context = contextWith();
const SHALLOW = { statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' };

/** A request of an HTTP API or a function URL. */
const http = (rawPath: string, more: object = {}, method = 'GET') => ({
  rawPath,
  requestContext: { stage: '$default', http: { method }, ...more },
});
const by = (authorizer: unknown) => http('/health', { authorizer });

function lambdaWith(options: HealthOptions<unknown> = {}) {
  const run = vi.fn(async () => undefined as unknown);
  const checks = { users: { run } };
  const middleware = health<unknown, unknown>({ checks, clock: fakeClock(), ...options });
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(middleware)
    .handler(async () => 'handled');
  return { run, call: (event: unknown) => lambda(event, context) };
}

describe('the health middleware', () => {
  test.each<[string, object]>([
    ['an HTTP API', http('/health')],
    ['an HTTP API with a stage', http('/prod/health', { stage: 'prod' })],
    ['a REST API', { path: '/health', httpMethod: 'GET', requestContext: { stage: 'prod' } }],
  ])('answers every caller that the function runs, without a check: %s', async (_, event) => {
    const { run, call } = lambdaWith();

    expect(await call(event)).toEqual(SHALLOW);
    expect(run).not.toHaveBeenCalled();
  });

  test.each<[string, unknown]>([
    ['another path', http('/healthy')],
    ['a path below it', http('/health/deep')],
    ['a path above it', http('/other/health')],
    ['the stage alone', http('/prod', { stage: 'prod' })],
    ['another method', http('/health', {}, 'POST')],
    ['no request', { source: 'aws.events' }],
    ['nothing', null],
  ])('leaves %s to the handler', async (_, event) => {
    expect(await lambdaWith({ authorize: () => true }).call(event)).toBe('handled');
  });

  test.each<[string, unknown]>([
    ['by JWT', { jwt: { claims: { sub: 'ada' } } }],
    ['by IAM', { iam: { userArn: 'arn:aws:iam::123456789012:user/ada' } }],
    ['by a function', { lambda: { user: 'ada' } }],
    ['by a function of a REST API', { principalId: 'ada' }],
    ['by a user pool', { claims: { sub: 'ada' } }],
  ])('shows the dependencies to a caller whom an authorizer has admitted: %s', async (_, authorizer) => {
    const { run, call } = lambdaWith();

    const answer = (await call(by(authorizer))) as { statusCode: number; body: string };

    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      status: 'ok',
      dependencies: { users: { status: 'ok' } },
    });
    expect(run).toHaveBeenCalledTimes(1);
  });

  test.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['nothing in it', {}],
    ['no caller in it', { iam: { userArn: '' }, principalId: null, lambda: null }],
    ['a caller by its prototype', Object.create({ principalId: 'ada' })],
  ])('shows no other caller the dependencies: an authorizer with %s', async (_, authorizer) => {
    expect(await lambdaWith().call(by(authorizer))).toEqual(SHALLOW);
  });

  test.each<[string, NonNullable<HealthOptions<unknown>['authorize']>, boolean]>([
    ['true', () => true, true],
    ['a promise of true', async () => true, true],
    ['false', () => false, false],
    ['a promise of false', async () => false, false],
    ['something else', () => 'yes' as unknown as boolean, false],
  ])('shows the dependencies where `authorize` says so, by %s', async (_, authorize, seen) => {
    const { run, call } = lambdaWith({ authorize });

    await call(http('/health'));

    expect(run).toHaveBeenCalledTimes(seen ? 1 : 0);
  });

  test('shows nothing when `authorize` fails', async () => {
    const { run, call } = lambdaWith({ authorize: () => Promise.reject(new Error('no keys')) });

    await expect(call(http('/health'))).rejects.toThrow('no keys');
    expect(run).not.toHaveBeenCalled();
  });

  test.each([
    [true, 503, 'failing'],
    [false, 200, 'degraded'],
  ])('answers 503 where the failed check is critical: %s', async (critical, statusCode, status) => {
    const run = () => Promise.reject(new Error('down'));
    const { call } = lambdaWith({ checks: { users: { run, critical } }, authorize: () => true });

    const answer = (await call(http('/health'))) as { statusCode: number; body: string };

    expect(answer.statusCode).toBe(statusCode);
    expect(JSON.parse(answer.body)).toMatchObject({ status });
  });

  test('answers on the chosen path, without checks too', async () => {
    const lambda = middy<unknown, unknown>()
      .use(health<unknown, unknown>({ path: '/api/health', authorize: () => true }))
      .handler(async () => 'handled');

    expect(await lambda(http('/api/health'), context)).toEqual(SHALLOW);
    expect(await lambda(http('/health'), context)).toBe('handled');
  });

  test('has its headers as lists for a load balancer that reads no others', async () => {
    expect(await lambdaWith().call(manyValueEvent({ path: '/health' }))).toMatchObject({
      statusCode: 200,
      multiValueHeaders: { 'content-type': ['application/json'] },
    });
  });

  test.each([
    [{ path: '' }, /`path` to be a path that begins with "\/", got ""/],
    [{ path: 'health' }, /`path` to be a path that begins with "\/", got "health"/],
    [{ authorize: true }, /`authorize` to be a function/],
    [{ deep: true }, /unknown option `deep`/],
    [{ timeoutMs: 0 }, /`timeoutMs`/],
  ])('refuses bad options when it is constructed: %j', (options, reason) => {
    expect(() => health(options as unknown as HealthOptions<unknown>)).toThrow(reason);
  });
});
