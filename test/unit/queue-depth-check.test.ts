import { beforeAll, describe, expect, test } from 'vitest';
import { queueClient } from '../../functions/shared/platform-clients.ts';
import { healthChecks } from '../../lib/telemetry/health.ts';
import { queueDepthCheck } from '../../lib/telemetry/queue-depth.ts';
import { type AwsService, startAwsService } from '../support/aws-service.ts';

let sqs: AwsService;
beforeAll(async () => {
  sqs = await startAwsService();
});

const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };

/** As SQS answers, with its counts as text. */
const counts = (visible: unknown, inFlight: unknown = '0', delayed: unknown = '0') => ({
  status: 200,
  headers: JSON_1_0,
  body: JSON.stringify({
    Attributes: {
      ApproximateNumberOfMessages: visible,
      ApproximateNumberOfMessagesNotVisible: inFlight,
      ApproximateNumberOfMessagesDelayed: delayed,
    },
  }),
});

const refusal = (status: number, __type: string) => ({
  ...{ status, headers: JSON_1_0 },
  body: JSON.stringify({ __type, message: 'hunter2' }),
});

function checkedQueue(max?: number) {
  const queueUrl = `${sqs.url}/000000000000/undelivered`;
  const client = queueClient(queueUrl, (call, signal) => call(signal));
  return queueDepthCheck({ client, queueUrl, ...(max !== undefined && { max }) });
}

describe('the health of a queue', () => {
  test.each([
    ['ok', undefined, counts('0'), { visible: 0, inFlight: 0, delayed: 0 }],
    ['degraded', undefined, counts('1'), { visible: 1, inFlight: 0, delayed: 0 }],
    ['degraded', undefined, counts('0', '2'), { visible: 0, inFlight: 2, delayed: 0 }],
    ['degraded', undefined, counts('0', '0', '3'), { visible: 0, inFlight: 0, delayed: 3 }],
    ['ok', 6, counts('3', '2', '1'), { visible: 3, inFlight: 2, delayed: 1 }],
    ['degraded', 5, counts('3', '2', '1'), { visible: 3, inFlight: 2, delayed: 1 }],
  ])('is %s where %s messages at most are fine and SQS says %j', async (status, max, answer, details) => {
    sqs.answers(answer);
    const health = healthChecks({ checks: { undelivered: checkedQueue(max) } });

    expect(await health()).toMatchObject({
      status,
      dependencies: { undelivered: { critical: false, details } },
    });
  });

  test.each([
    [
      'a refused right',
      'AccessDeniedException',
      refusal(403, 'com.amazon.coral.service#AccessDeniedException'),
    ],
    ['a queue that is not there', 'QueueDoesNotExist', refusal(400, 'com.amazonaws.sqs#QueueDoesNotExist')],
    ['throttling', 'RequestThrottled', refusal(400, 'com.amazonaws.sqs#RequestThrottled')],
    ['a service that is down', 'UnknownError', { status: 503, body: '<html>' }],
    ['no JSON', 'ValidationError', { status: 200, body: '<html>' }],
    ['null', 'Error', { status: 200, body: 'null' }],
    ['no counts', 'Error', { status: 200, body: '{"Attributes":{}}' }],
    ['counts that are none', 'Error', counts('many')],
    ['counts that are missing', 'Error', counts('1', null)],
    ['counts below zero', 'Error', counts('-1')],
  ])('is degraded, with nothing of the run before, after %s', async (_, name, answer) => {
    const check = checkedQueue();
    sqs.answers(counts('0'));
    await check.run(AbortSignal.timeout(10_000));
    expect(check.details()).toBeDefined();
    sqs.answers(answer);

    await expect(check.run(AbortSignal.timeout(10_000))).rejects.toMatchObject({ name });
    const { status, dependencies } = await healthChecks({ checks: { undelivered: check } })();
    expect(status).toBe('degraded');
    expect(dependencies['undelivered']).toEqual({
      ...{ status: 'failing', critical: false, durationMs: expect.any(Number) },
    });
  });

  test('keeps no answer that came after its time', async () => {
    const late = Promise.withResolvers<object>();
    const check = queueDepthCheck({
      client: { getQueueAttributes: () => late.promise },
      queueUrl: 'https://sqs.example/1/undelivered',
    });
    const controller = new AbortController();
    const run = check.run(controller.signal);
    controller.abort(new Error('too late'));
    late.resolve(JSON.parse(counts('0').body));

    await expect(run).rejects.toThrow('too late');
    expect(check.details()).toBeUndefined();
  });

  // As version 3.1164 of the SDK sends it, but for what it says of itself.
  test('is asked for as the SDK asks', async () => {
    sqs.answers(counts('0'));
    await checkedQueue().run(AbortSignal.timeout(10_000));

    expect(sqs.requests.at(-1)).toMatchObject({
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.GetQueueAttributes',
        'x-amz-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
        authorization: expect.stringMatching(/\/us-east-1\/sqs\/aws4_request, SignedHeaders=.*x-amz-target/),
      },
      body: `{"QueueUrl":"${sqs.url}/000000000000/undelivered","AttributeNames":["ApproximateNumberOfMessages","ApproximateNumberOfMessagesNotVisible","ApproximateNumberOfMessagesDelayed"]}`,
    });
  });
});

test.each([
  [{ queueUrl: 'https://sqs.example/1/q' }, /`client`/],
  [{ client: {} }, /`queueUrl`/],
  [{ client: {}, queueUrl: 'https://sqs.example/1/q', max: -1 }, /`max`/],
  [{ client: {}, queueUrl: 'https://sqs.example/1/q', min: 1 }, /unknown option `min`/],
])('a check of a queue is refused at construction: %j', (options, reason) => {
  expect(() => queueDepthCheck(options as never)).toThrow(reason);
});
