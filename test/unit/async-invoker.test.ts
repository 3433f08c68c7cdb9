import { describe, expect, it } from 'vitest';
import type { Handover, Message } from '../../lib/local/handover.ts';
import { type AsyncOptions, asyncInvoker } from '../../lib/local/lambda/async-invoker.ts';
import { failure, type InvocationResult } from '../../lib/local/lambda/result.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:work:$LATEST';
const ON_FAILURE = 'arn:aws:sqs:eu-west-1:000000000000:failures';
const ON_SUCCESS = 'arn:aws:events:eu-west-1:000000000000:event-bus/default';
const DEAD = 'arn:aws:sqs:eu-west-1:000000000000:dead';

const done: InvocationResult = { kind: 'success', payload: '{"ok":true}' };
const failed = failure('Error', 'it broke');
const throttled: InvocationResult = { kind: 'throttled' };

function setUp(
  result: (attempt: number) => InvocationResult | Promise<InvocationResult>,
  options: Partial<AsyncOptions> = {},
  answer: Handover = { kind: 'accepted' },
) {
  const platform = fakeClock();
  const startedAt = platform.now();
  const attempts: { afterMs: number; requestId: string; payload: string }[] = [];
  const sent: { arn: string; message: Message; afterMs: number }[] = [];
  const elapsed = () => Math.round(platform.now() - startedAt);
  let tokens = 0;
  const invoker = asyncInvoker({
    functionArn: FUNCTION,
    maximumRetryAttempts: 2,
    maximumEventAgeSeconds: 21_600,
    platform,
    random: { next: () => 1 - Number.EPSILON, token: () => `request-${++tokens}` },
    async invoke(payload, requestId) {
      attempts.push({ afterMs: elapsed(), requestId, payload });
      return await result(attempts.length);
    },
    async dispatch(arn, message) {
      sent.push({ arn, message, afterMs: elapsed() });
      return answer;
    },
    ...options,
  });
  const times = () => attempts.map(({ afterMs }) => afterMs);
  return { platform, startedAt, invoker, attempts, times, sent };
}

describe('asyncInvoker', () => {
  it('accepts at once and runs the function afterwards', async () => {
    const { platform, invoker, attempts } = setUp(() => done);
    expect(invoker.accept('{"a":1}')).toBe('request-1');
    expect(attempts).toEqual([]);
    expect(invoker.state()).toMatchObject({ queued: 1, succeeded: 0 });
    await platform.advance(0);
    expect(attempts).toEqual([{ afterMs: 0, requestId: 'request-1', payload: '{"a":1}' }]);
    expect(invoker.state()).toMatchObject({ queued: 0, succeeded: 1, dropped: 0 });
    expect(platform.pending).toBe(0);
  });

  it('retries a function error after one minute and again after two, under the same request ID', async () => {
    const { platform, invoker, attempts, times } = setUp(() => failed);
    invoker.accept('{}');
    await platform.advance(6 * 3_600_000);
    expect(times()).toEqual([0, 60_000, 180_000]);
    expect(new Set(attempts.map(({ requestId }) => requestId))).toEqual(new Set(['request-1']));
    expect(invoker.state()).toMatchObject({ queued: 0, retries: 2, failed: 1, dropped: 1 });
  });

  it('stops retrying as soon as an attempt succeeds', async () => {
    const { platform, invoker, times } = setUp((attempt) => (attempt === 1 ? failed : done));
    invoker.accept('{}');
    await platform.advance(3_600_000);
    expect(times()).toEqual([0, 60_000]);
    expect(invoker.state()).toMatchObject({ retries: 1, succeeded: 1, failed: 0 });
  });

  it('does not retry where no retry is allowed', async () => {
    const { platform, invoker, times } = setUp(() => failed, { maximumRetryAttempts: 0 });
    invoker.accept('{}');
    await platform.advance(3_600_000);
    expect(times()).toEqual([0]);
  });

  it('describes a failure to the destination as Lambda does', async () => {
    const { platform, startedAt, invoker, sent } = setUp(() => failed, { onFailure: ON_FAILURE });
    invoker.accept('{"order":7}');
    await platform.advance(180_000);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.arn).toBe(ON_FAILURE);
    expect(JSON.parse(sent[0]?.message.body ?? '')).toEqual({
      version: '1.0',
      timestamp: new Date(startedAt + 180_000).toISOString(),
      requestContext: {
        requestId: 'request-1',
        functionArn: FUNCTION,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { order: 7 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'Error', errorMessage: 'it broke' },
    });
    expect(invoker.state()).toMatchObject({ failed: 1, dropped: 0 });
  });

  it('describes a success to its own destination and to no other', async () => {
    const { platform, invoker, sent } = setUp(() => done, {
      onSuccess: ON_SUCCESS,
      onFailure: ON_FAILURE,
      deadLetterQueue: DEAD,
    });
    invoker.accept('[1]');
    await platform.advance(0);
    expect(sent.map(({ arn }) => arn)).toEqual([ON_SUCCESS]);
    expect(JSON.parse(sent[0]?.message.body ?? '')).toMatchObject({
      requestContext: { condition: 'Success', approximateInvokeCount: 1 },
      requestPayload: [1],
      responseContext: { statusCode: 200, executedVersion: '$LATEST' },
      responsePayload: { ok: true },
    });
    expect(sent[0]?.message.body).not.toContain('functionError');
  });

  it('sends the event itself to the dead-letter queue, beside the record for the destination', async () => {
    const { platform, invoker, sent } = setUp(() => failure('Error', `${'x'.repeat(1_023)}ä`), {
      maximumRetryAttempts: 0,
      onFailure: ON_FAILURE,
      deadLetterQueue: DEAD,
    });
    invoker.accept('{"order": 7}');
    await platform.advance(0);
    expect(sent.map(({ arn }) => arn)).toEqual([ON_FAILURE, DEAD]);
    expect(sent[1]?.message).toEqual({
      body: '{"order": 7}',
      attributes: {
        RequestID: 'request-1',
        ErrorCode: { DataType: 'Number', StringValue: '200' },
        ErrorMessage: 'x'.repeat(1_023),
      },
    });
  });

  it('waits longer and longer while it is throttled, up to five minutes', async () => {
    const { platform, invoker, times } = setUp(() => throttled);
    invoker.accept('{}');
    await platform.advance(1_200_000);
    const waits = times().map((time, index) => time - (times()[index - 1] ?? 0));
    expect(waits.slice(1)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
    ]);
  });

  it('spends no retry on being throttled', async () => {
    const { platform, invoker, times } = setUp((attempt) => (attempt <= 3 ? throttled : failed));
    invoker.accept('{}');
    await platform.advance(3_600_000);
    expect(times()).toEqual([0, 1_000, 3_000, 7_000, 67_000, 187_000]);
    expect(invoker.state()).toMatchObject({ throttles: 3, retries: 2, failed: 1 });
  });

  it('gives a throttled event up when it is too old', async () => {
    const { platform, invoker, sent } = setUp(() => throttled, {
      maximumEventAgeSeconds: 60,
      onFailure: ON_FAILURE,
      deadLetterQueue: DEAD,
    });
    invoker.accept('{}');
    await platform.advance(59_999);
    expect(sent).toEqual([]);
    await platform.advance(1);
    expect(sent.map(({ afterMs }) => afterMs)).toEqual([60_000, 60_000]);
    const record = JSON.parse(sent[0]?.message.body ?? '');
    expect(record.requestContext).toMatchObject({ condition: 'EventAgeExceeded', approximateInvokeCount: 0 });
    expect(record).not.toHaveProperty('responseContext');
    expect(sent[1]?.message.attributes).toMatchObject({
      ErrorCode: { DataType: 'Number', StringValue: '429' },
      ErrorMessage: 'Rate Exceeded.',
    });
    expect(platform.pending).toBe(0);
  });

  it('gives an event up at once where the function reserves nothing', async () => {
    const { platform, invoker, sent } = setUp(() => throttled, { closed: true, onFailure: ON_FAILURE });
    invoker.accept('{"a":1}');
    await platform.advance(0);
    expect(JSON.parse(sent[0]?.message.body ?? '')).toMatchObject({ requestPayload: { a: 1 } });
    expect(platform.pending).toBe(0);
  });

  it.each([
    { result: done, onSuccess: ON_SUCCESS, kind: 'Success' },
    { result: failed, onFailure: ON_SUCCESS, kind: 'Failure' },
  ])('tells a bus what event the record of a $kind makes', async ({ result, kind, ...destinations }) => {
    const { platform, invoker, sent } = setUp(() => result, { maximumRetryAttempts: 0, ...destinations });
    invoker.accept('{}');
    await platform.advance(0);
    expect(sent[0]?.message.event).toEqual({
      source: 'lambda',
      detailType: `Lambda Function Invocation Result - ${kind}`,
      resources: [FUNCTION, ON_SUCCESS],
    });
  });

  it('invokes the alias that was invoked at every attempt', async () => {
    const qualifiers: (string | undefined)[] = [];
    const { platform, invoker } = setUp(() => failed, {
      async invoke(_payload, _requestId, qualifier) {
        qualifiers.push(qualifier);
        return failed;
      },
    });
    invoker.accept('{}', 'live');
    await platform.advance(600_000);
    expect(qualifiers).toEqual(['live', 'live', 'live']);
  });

  it('gives a failed event up when its next retry would come too late', async () => {
    const { platform, invoker, times, sent } = setUp(() => failed, {
      maximumEventAgeSeconds: 120,
      onFailure: ON_FAILURE,
    });
    invoker.accept('{}');
    await platform.advance(3_600_000);
    expect(times()).toEqual([0, 60_000]);
    expect(sent[0]?.afterMs).toBe(120_000);
    expect(JSON.parse(sent[0]?.message.body ?? '')).toMatchObject({
      requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 2 },
      responseContext: { functionError: 'Unhandled' },
    });
  });

  it('counts and keeps refused records instead of throwing', async () => {
    const refused: Handover = {
      kind: 'refused',
      code: 'NoSuchQueue',
      message: 'not there',
      retryable: false,
    };
    const { platform, invoker } = setUp(
      () => failed,
      { maximumRetryAttempts: 0, onFailure: ON_FAILURE, deadLetterQueue: DEAD },
      refused,
    );
    invoker.accept('{}');
    await platform.advance(0);
    expect(invoker.state()).toMatchObject({
      failed: 1,
      dropped: 1,
      refused: 2,
      refusals: [`${ON_FAILURE}: NoSuchQueue: not there`, `${DEAD}: NoSuchQueue: not there`],
    });
  });

  it('serves events side by side', async () => {
    const { platform, invoker, times } = setUp(() => failed, { maximumRetryAttempts: 1 });
    invoker.accept('1');
    await platform.advance(30_000);
    invoker.accept('2');
    await platform.advance(3_600_000);
    expect(times()).toEqual([0, 30_000, 60_000, 90_000]);
  });

  it('leaves no timer after it was stopped', async () => {
    const { platform, invoker, sent, times } = setUp(() => failed, { onFailure: ON_FAILURE });
    invoker.accept('1');
    await platform.advance(10);
    invoker.accept('2');
    invoker.stop();
    expect(platform.pending).toBe(0);
    await platform.advance(3_600_000);
    expect(times()).toEqual([0]);
    expect(sent).toEqual([]);
  });

  it('starts nothing for an invocation that ends after it was stopped', async () => {
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    const { platform, invoker, sent } = setUp(() => promise, { onFailure: ON_FAILURE });
    invoker.accept('1');
    await platform.advance(0);
    invoker.stop();
    resolve(failed);
    await platform.advance(3_600_000);
    expect(platform.pending).toBe(0);
    expect(sent).toEqual([]);
  });
});
