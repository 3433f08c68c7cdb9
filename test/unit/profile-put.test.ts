import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { handler as Handler } from '../../functions/put-profile.ts';
import { lambdaContext } from '../../lib/testing/index.ts';
import { profileRequest } from '../support/profile-request.ts';
import {
  type Answer,
  refusal,
  type ServiceRequest,
  startProfileServices,
} from '../support/profile-services.ts';

const cancelled = (...codes: readonly string[]): Answer =>
  refusal('TransactionCanceledException', {
    Message: `ada@example.com [${codes.join()}]`,
    CancellationReasons: codes.map((Code) => ({ Code, Message: 'ada@example.com' })),
  });

/** What DynamoDB answers to an operation, where it is not a success. */
let answers: Readonly<Record<string, Answer>> = {};
let cacheAnswer: Answer = [200, {}];
let requests: ServiceRequest[] = [];
let handler: typeof Handler;
beforeAll(async () => {
  await startProfileServices((request) => {
    requests.push(request);
    if (request.body.includes('"TableName":"caches"')) return cacheAnswer;
    return answers[request.operation] ?? [200, {}];
  });
  ({ handler } = await import('../../functions/put-profile.ts'));
});
let logged: Record<string, unknown>[] = [];
beforeEach(() => {
  answers = {};
  cacheAnswer = [200, {}];
  requests = [];
  logged = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void logged.push(JSON.parse(line)));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void logged.push(JSON.parse(line)));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

const authorizer = { jwt: { claims: { iss: 'https://issuer.example/', sub: 'ada' } } };
let keys = 0;

async function put(by: unknown = authorizer) {
  const event = profileRequest(
    {
      pathParameters: { id: '7' },
      headers: { 'idempotency-key': `key-${++keys}`, 'x-correlation-id': 'request-7' },
      body: JSON.stringify({ name: 'Ada Byron', email: 'ada@example.com' }),
    },
    by,
  );
  const response = await handler(event, lambdaContext({ remainingMs: 10_000 }));
  const { code } = JSON.parse(response.body) as { code?: string };
  expect(JSON.stringify(logged)).not.toContain('ada@');
  return { response, status: response.statusCode, code };
}

const times = (operation: string) => requests.filter((request) => request.operation === operation).length;

describe('changing a profile', () => {
  test('writes its events with the correlation id of the request and a time at which they expire', async () => {
    const { status, response } = await put();

    expect(status).toBe(200);
    expect(response.headers['x-correlation-id']).toBe('request-7');
    const written = requests.find(({ operation }) => operation === 'TransactWriteItems')?.body ?? '';
    const [, user] = JSON.parse(written).TransactItems as { Put: { Item: { outbox?: { S: string } } } }[];
    const events = JSON.parse(user?.Put.Item.outbox?.S ?? '[]');
    expect(events).toHaveLength(3);
    for (const { time, metadata } of events) {
      expect(metadata.correlationId).toBe('request-7');
      expect(Date.parse(metadata.expiresAt) - Date.parse(time)).toBe(7 * 86_400_000);
    }
  });

  test('puts the user into the cache before it is answered, for all who read it', async () => {
    const { status } = await put();

    expect(status).toBe(200);
    const written = requests.find(
      ({ operation, body }) => operation === 'PutItem' && body.includes('"TableName":"caches"'),
    );
    const item = JSON.parse(written?.body ?? '{}').Item as Record<string, { S: string }>;
    expect(JSON.stringify(item['pk'])).toContain('cache#users#1#');
    expect(JSON.parse(item['value']?.S ?? '')).toEqual({
      ...{ id: '7', name: 'Ada Byron', email: 'ada@example.com', version: 1 },
    });
  });

  test('is made although the cache fails, and the log says so', async () => {
    cacheAnswer = refusal('AccessDeniedException');

    expect(await put()).toMatchObject({ status: 200 });
    expect(logged).toMatchObject([
      { level: 'WARN', message: 'A changed profile is not in the cache', correlationId: 'request-7' },
    ]);
  });

  test.each([
    [['None', 'ConditionalCheckFailed']],
    [['None', 'TransactionConflict']],
    [['TransactionConflict', 'TransactionConflict']],
    [['TransactionConflict', 'ConditionalCheckFailed']],
    [['ThrottlingError', 'ConditionalCheckFailed']],
  ])('is tried five times against other writers, and then is BUSY: %j', async (codes) => {
    answers = { TransactWriteItems: cancelled(...codes) };

    expect(await put()).toMatchObject({ status: 503, code: 'BUSY' });
    expect(times('TransactWriteItems')).toBe(5);
    expect(logged).toMatchObject([{ level: 'ERROR', code: 'BUSY', correlationId: 'request-7' }]);
  });

  test.each([
    [['None', 'ThrottlingError']],
    [['ThrottlingError', 'None']],
    [['ProvisionedThroughputExceeded', 'ThrottlingError']],
  ])('is refused for now where DynamoDB throttles it, and frees the key: %j', async (codes) => {
    answers = { TransactWriteItems: cancelled(...codes) };

    const { status, code, response } = await put();

    expect({ status, code }).toEqual({ status: 503, code: 'THROTTLED' });
    expect(response.headers['retry-after']).toBe('1');
    expect(times('TransactWriteItems')).toBe(1);
    expect(times('DeleteItem')).toBe(1);
    expect(logged).toMatchObject([
      { code: 'THROTTLED', causes: [{ error: 'TransactionCanceledException' }], correlationId: 'request-7' },
    ]);
  });

  test.each([
    [['None', 'ValidationError']],
    [['ValidationError', 'None']],
    [['None', 'ItemCollectionSizeLimitExceeded']],
    [['None', 'AccessDenied']],
    [['None', 'DuplicateItem']],
    [['ValidationError', 'ConditionalCheckFailed']],
    [['TransactionConflict', 'AccessDenied']],
    [['None', 'None']],
    [[]],
  ])('is an error of ours where it cannot be made at all: %j', async (codes) => {
    answers = { TransactWriteItems: cancelled(...codes) };

    expect(await put()).toMatchObject({ status: 500 });
    expect(times('TransactWriteItems')).toBe(1);
    expect(logged).toMatchObject([
      {
        code: 'NOT_WRITTEN',
        causes: [{ error: 'TransactionCanceledException', reasons: codes.filter((code) => code !== 'None') }],
        stack: expect.stringMatching(/^ {4}at \S/),
        correlationId: 'request-7',
      },
    ]);
  });

  test('says in the log why the user cannot be read', async () => {
    answers = { GetItem: refusal('ProvisionedThroughputExceededException') };

    expect(await put()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
    expect(logged).toMatchObject([
      {
        message: 'A request failed',
        causes: [{ error: 'ProvisionedThroughputExceededException', status: 400 }],
      },
    ]);
  });

  test('says in the log why a claim cannot be written', async () => {
    answers = { PutItem: refusal('AccessDeniedException') };

    expect(await put()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
    expect(logged).toMatchObject([
      {
        message: 'A request failed',
        causes: [{ error: 'AccessDeniedException', status: 400 }],
        correlationId: 'request-7',
      },
    ]);
  });

  test('is refused with 403 where the authorizer names no caller, and touches no table', async () => {
    expect(await put({ jwt: { claims: {} } })).toMatchObject({ status: 403, code: 'UNKNOWN_CALLER' });
    expect(requests).toEqual([]);
  });
});
