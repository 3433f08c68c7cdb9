import { beforeAll, describe, expect, test, vi } from 'vitest';
import { lambdaEndpoint } from '../../functions/shared/aws-api.ts';
import { lambdaClient } from '../../functions/shared/platform-clients.ts';
import { healthChecks } from '../../lib/telemetry/health.ts';
import { warmCapacityCheck } from '../../lib/telemetry/warm-capacity.ts';
import { type AwsService, startAwsService } from '../support/aws-service.ts';

let lambda: AwsService;
beforeAll(async () => {
  lambda = await startAwsService();
});

const config = (Requested: unknown, Allocated: unknown, Available: unknown, Status: unknown) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    RequestedProvisionedConcurrentExecutions: Requested,
    AllocatedProvisionedConcurrentExecutions: Allocated,
    AvailableProvisionedConcurrentExecutions: Available,
    Status,
    LastModified: '2026-03-04T05:06:07+0000',
  }),
});

const refusal = (status: number, type: string) => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
  body: '{"Type":"User","Message":"hunter2"}',
});

const checkedAlias = (functionName = 'get-profile') =>
  warmCapacityCheck({
    client: lambdaClient((call, signal) => call(signal)),
    functionName,
    qualifier: 'live',
  });

describe('the health of warm capacity', () => {
  test.each([
    ['ok', 'READY', config(10, 10, 10, 'READY'), 10, 10, 10],
    ['ok', 'IN_PROGRESS', config(20, 12, 10, 'IN_PROGRESS'), 20, 12, 10],
    // Lambda leaves out what there is nothing of yet.
    ['ok', 'IN_PROGRESS', config(20, undefined, undefined, 'IN_PROGRESS'), 20, 0, 0],
    ['degraded', 'FAILED', config(20, 0, 0, 'FAILED'), 20, 0, 0],
    ['ok', null, refusal(404, 'ProvisionedConcurrencyConfigNotFoundException'), 0, 0, 0],
    ['ok', null, refusal(404, 'ProvisionedConcurrencyConfigNotFoundException:http://internal'), 0, 0, 0],
  ])(
    'is %s with the status %s of %j',
    async (status, allocation, answer, requested, allocated, available) => {
      lambda.answers(answer);
      const health = healthChecks({ checks: { getProfile: checkedAlias() } });

      const { status: found, dependencies } = await health();
      expect(found).toBe(status);
      expect(dependencies['getProfile']).toMatchObject({
        critical: false,
        details: { requested, allocated, available, status: allocation },
      });
    },
  );

  test.each([
    ['a refused right', 'AccessDeniedException', refusal(403, 'AccessDeniedException')],
    [
      'a function or an alias that is not there',
      'ResourceNotFoundException',
      refusal(404, 'ResourceNotFoundException'),
    ],
    ['throttling', 'TooManyRequestsException', refusal(429, 'TooManyRequestsException')],
    ['a service that is down', 'ServiceException', refusal(500, 'ServiceException')],
    ['a service that has no such request', 'UnknownError', { status: 404, body: 'Not Found' }],
    ['no JSON', 'ValidationError', { status: 200, body: '<html>' }],
    ['null', 'Error', { status: 200, body: 'null' }],
    ['no numbers', 'Error', { status: 200, body: '{"Status":"READY"}' }],
    ['numbers that are none', 'Error', config(10, 10, '10', 'READY')],
    ['a status that there is not', 'Error', config(10, 10, 10, 'SOON')],
  ])('is degraded, with nothing of the run before, after %s', async (_, name, answer) => {
    const check = checkedAlias();
    lambda.answers(config(1, 1, 1, 'READY'));
    await check.run(AbortSignal.timeout(10_000));
    expect(check.details()).toBeDefined();
    lambda.answers(answer);

    await expect(check.run(AbortSignal.timeout(10_000))).rejects.toMatchObject({ name });
    const { status, dependencies } = await healthChecks({ checks: { getProfile: check } })();
    expect(status).toBe('degraded');
    expect(dependencies['getProfile']).toEqual({
      ...{ status: 'failing', critical: false, durationMs: expect.any(Number) },
    });
  });

  // As version 3.1164 of the SDK sends it, but for what it says of itself.
  test.each([
    ['get-profile', 'get-profile'],
    [
      'arn:aws:lambda:us-east-1:000000000000:function:get-profile',
      'arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aget-profile',
    ],
  ])('is asked for as the SDK asks: %s', async (functionName, inPath) => {
    lambda.answers(config(1, 1, 1, 'READY'));
    await checkedAlias(functionName).run(AbortSignal.timeout(10_000));

    expect(lambda.requests.at(-1)).toMatchObject({
      method: 'GET',
      url: `/2019-09-30/functions/${inPath}/provisioned-concurrency?Qualifier=live`,
      headers: {
        'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        authorization: expect.stringContaining('/us-east-1/lambda/aws4_request, SignedHeaders=host;'),
      },
      body: '',
    });
  });
});

test.each([
  ['eu-west-1', 'https://lambda.eu-west-1.amazonaws.com/'],
  ['cn-north-1', 'https://lambda.cn-north-1.amazonaws.com.cn/'],
])('Lambda of %s is asked where it is', (region, endpoint) => {
  vi.stubEnv('AWS_REGION', region);

  expect(lambdaEndpoint().href).toBe(endpoint);
});

test.each([
  [{ functionName: 'f', qualifier: 'live' }, /`client`/],
  [{ client: {}, qualifier: 'live' }, /`functionName`/],
  [{ client: {}, functionName: 'f' }, /`qualifier`/],
  [{ client: {}, functionName: 'f', qualifier: 'live', max: 1 }, /unknown option `max`/],
])('a check of warm capacity is refused at construction: %j', (options, reason) => {
  expect(() => warmCapacityCheck(options as never)).toThrow(reason);
});
