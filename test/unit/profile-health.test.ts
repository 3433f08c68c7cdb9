import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { handler as Handler } from '../../functions/health.ts';
import { lambdaContext } from '../../lib/testing/index.ts';
import { profileRequest } from '../support/profile-request.ts';
import { refusal, startProfileServices } from '../support/profile-services.ts';

let handler: typeof Handler;
beforeAll(async () => {
  await startProfileServices(({ operation, body }) => {
    if (operation === 'GetQueueAttributes') return refusal('AccessDeniedException');
    if (operation.includes('/provisioned-concurrency?'))
      return [404, { __type: 'ProvisionedConcurrencyConfigNotFoundException' }];
    return operation === 'GetItem' && body.includes('"users"') ? refusal('AccessDeniedException') : [200, {}];
  });
  ({ handler } = await import('../../functions/health.ts'));
});

function healthFor(authorizer: unknown) {
  const event = profileRequest(
    { rawPath: '/api/health/deep', headers: { 'x-correlation-id': 'check-7' } },
    authorizer,
  );
  event.requestContext.http.method = 'GET';
  return handler(event, lambdaContext());
}

describe('the deep health', () => {
  test.each([
    ['no authorizer', undefined],
    ['an authorizer that names no caller', { jwt: { claims: { scope: 'all' } } }],
  ])('is the shallow one for %s', async (_, authorizer) => {
    expect(JSON.parse((await healthFor(authorizer)).body)).toEqual({ status: 'ok' });
  });

  test('says what fails to a caller that is known, and the log says why', async () => {
    const logged: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => void logged.push(line));

    const { statusCode, body } = await healthFor({
      jwt: { claims: { iss: 'https://issuer.example/', sub: 'monitor' } },
    });

    expect(statusCode).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      dependencies: {
        users: { status: 'failing', critical: true },
        'Updates.Undelivered': { status: 'failing', critical: false },
        getProfileCapacity: { status: 'ok', details: { requested: 0, status: null } },
      },
    });
    const lines = logged.map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({
        policy: 'users',
        causes: [{ error: 'AccessDeniedException', status: 400 }],
        correlationId: 'check-7',
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ policy: 'Updates.Undelivered', error: 'AccessDeniedException', status: 400 }),
    );
    expect(lines.map(({ policy }) => policy)).not.toContain('getProfileCapacity');
  });
});
