import { describe, expect, it } from 'vitest';
import { commonDeadLetterAttributes, type DeliveryOptions, deliver } from '../../lib/local/delivery.ts';
import type { Handover, Message } from '../../lib/local/handover.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:dead';
const TARGET = 'arn:aws:lambda:eu-west-1:000000000000:function:target';
const busy: Handover = { kind: 'refused', code: 'Busy', message: 'come back later', retryable: true };
const gone: Handover = { kind: 'refused', code: 'Gone', message: 'no such target', retryable: false };
const accepted: Handover = { kind: 'accepted' };

function setUp(answers: (arn: string, attempt: number) => Handover, options: Partial<DeliveryOptions> = {}) {
  const platform = fakeClock();
  const startedAt = platform.now();
  const sent: { arn: string; message: Message; afterMs: number }[] = [];
  const delivery = deliver({
    arn: TARGET,
    message: { body: 'event' },
    maximumRetryAttempts: 185,
    maximumEventAgeSeconds: 86_400,
    deadLetterQueue: QUEUE,
    deadLetterAttributes: (failure, attempts) => commonDeadLetterAttributes(TARGET, failure, attempts),
    platform,
    random: { next: () => 1 - Number.EPSILON, token: () => 'token' },
    async dispatch(arn, message) {
      sent.push({ arn, message, afterMs: Math.round(platform.now() - startedAt) });
      return answers(arn, sent.filter((each) => each.arn === TARGET).length);
    },
    ...options,
  });
  return { platform, sent, delivery };
}

describe('deliver', () => {
  it('hands an accepted message over once and leaves no timer', async () => {
    const { platform, sent, delivery } = setUp(() => accepted);
    expect(await delivery.done).toBe('delivered');
    expect(sent).toEqual([{ arn: TARGET, message: { body: 'event' }, afterMs: 0 }]);
    expect(platform.pending).toBe(0);
  });

  it('tries what may succeed later again, with waits that double', async () => {
    const { platform, sent, delivery } = setUp((_arn, attempt) => (attempt <= 3 ? busy : accepted));
    await platform.advance(60_000);
    expect(await delivery.done).toBe('delivered');
    expect(sent.map(({ afterMs }) => afterMs)).toEqual([0, 1_000, 3_000, 7_000]);
  });

  it('spreads the waits over the upper half of each', async () => {
    const waits: number[] = [];
    const { platform } = setUp(() => busy, {
      random: seededRandom(7),
      onRetry: (_refusal, attempt, delayMs) => void waits.push(delayMs / (1_000 * 2 ** (attempt - 1))),
    });
    await platform.advance(300_000);
    expect(waits.length).toBeGreaterThan(5);
    for (const fraction of waits) expect(fraction).toBeGreaterThanOrEqual(0.5);
    for (const fraction of waits) expect(fraction).toBeLessThan(1);
    expect(new Set(waits).size).toBe(waits.length);
  });

  it('puts the event into the dead-letter queue when the attempts are used up', async () => {
    const { platform, sent, delivery } = setUp((arn) => (arn === QUEUE ? accepted : busy), {
      maximumRetryAttempts: 2,
    });
    await platform.advance(60_000);
    expect(await delivery.done).toBe('dead-lettered');
    expect(sent.map(({ arn }) => arn)).toEqual([TARGET, TARGET, TARGET, QUEUE]);
    expect(sent.at(-1)?.message).toEqual({
      body: 'event',
      attributes: {
        ERROR_CODE: 'Busy',
        ERROR_MESSAGE: 'come back later',
        EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
        RETRY_ATTEMPTS: '2',
        TARGET_ARN: TARGET,
      },
    });
  });

  it('gives up at the moment when the event is too old', async () => {
    const { platform, sent, delivery } = setUp((arn) => (arn === QUEUE ? accepted : busy), {
      maximumEventAgeSeconds: 60,
    });
    await platform.advance(59_999);
    expect(sent.some(({ arn }) => arn === QUEUE)).toBe(false);
    await platform.advance(1);
    expect(await delivery.done).toBe('dead-lettered');
    expect(sent.at(-1)).toMatchObject({
      afterMs: 60_000,
      message: { attributes: { EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds', RETRY_ATTEMPTS: '5' } },
    });
  });

  it('does not try a refusal again that no retry can help', async () => {
    const { sent, delivery } = setUp((arn) => (arn === QUEUE ? accepted : gone));
    expect(await delivery.done).toBe('dead-lettered');
    expect(sent.map(({ arn }) => arn)).toEqual([TARGET, QUEUE]);
    expect(sent[1]?.message.attributes).toMatchObject({ ERROR_CODE: 'Gone', RETRY_ATTEMPTS: '0' });
    expect(sent[1]?.message.attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  });

  it('drops the event without a dead-letter queue and says so', async () => {
    const ends: unknown[] = [];
    const { delivery } = setUp(() => gone, {
      deadLetterQueue: undefined,
      onDeadLetter: (...end) => void ends.push(end),
    });
    expect(await delivery.done).toBe('dropped');
    expect(ends).toEqual([[{ code: 'Gone', message: 'no such target', exhausted: undefined }, 0, undefined]]);
  });

  it('reports a dead-letter queue that refuses', async () => {
    const ends: unknown[] = [];
    const { delivery } = setUp(() => gone, {
      onDeadLetter: (_failure, _attempts, deadLetter) => void ends.push(deadLetter),
    });
    expect(await delivery.done).toBe('dropped');
    expect(ends).toEqual([gone]);
  });

  it('makes the message anew for each attempt and keeps the last for the queue', async () => {
    const { platform, sent, delivery } = setUp((arn) => (arn === QUEUE ? accepted : busy), {
      maximumRetryAttempts: 1,
      message: (attempt) => ({ body: `attempt ${attempt}` }),
    });
    await platform.advance(60_000);
    await delivery.done;
    expect(sent.map(({ message }) => message.body)).toEqual(['attempt 1', 'attempt 2', 'attempt 2']);
  });

  it('ends the wait when it is cancelled, without a dead letter and without a timer', async () => {
    const { platform, sent, delivery } = setUp(() => busy);
    await settle();
    expect(platform.pending).toBe(1);
    delivery.cancel();
    expect(await delivery.done).toBe('dropped');
    expect(sent).toHaveLength(1);
    expect(platform.pending).toBe(0);
  });

  it('needs about a day for the 185 retries that EventBridge makes', async () => {
    let retries = 0;
    const { platform, delivery } = setUp(() => busy, {
      random: { next: () => 0.5, token: () => 'token' },
      deadLetterQueue: undefined,
      onRetry: () => void retries++,
    });
    await platform.advance(24 * 3_600_000);
    await delivery.done;
    expect(retries).toBe(185);
    expect(platform.pending).toBe(0);
  });
});
