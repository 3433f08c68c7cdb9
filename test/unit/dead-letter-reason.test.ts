import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../lib/local/queue-control.ts';

const letter = (body: unknown, attributes: Record<string, string> = {}) => ({
  messageId: 'm',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes,
  messageGroupId: undefined,
  state: 'visible' as const,
  sentAt: 0,
  receiveCount: 0,
});

describe('the reason of a dead letter', () => {
  it.each([
    [
      'a rule',
      letter('{}', {
        ERROR_CODE: 'THROTTLING',
        ERROR_MESSAGE: 'slow down',
        EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      }),
      'THROTTLING: slow down (MaximumRetryAttempts)',
    ],
    [
      'a rule that did not retry',
      letter('{}', { ERROR_CODE: 'NO_RESOURCE', ERROR_MESSAGE: 'gone' }),
      'NO_RESOURCE: gone',
    ],
    [
      "a function's dead-letter queue",
      letter('{}', { ErrorCode: '200', ErrorMessage: 'boom', RequestID: 'r' }),
      '200: boom',
    ],
    [
      'an on-failure destination',
      letter({
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
        responsePayload: { errorType: 'RangeError', errorMessage: 'no such order' },
      }),
      'RetriesExhausted after 3 invocations: RangeError: no such order',
    ],
    [
      'a stream',
      letter({ requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 } }),
      'RecordAgeExceeded after 0 invocations',
    ],
    ['a queue', letter('plain text'), 'received 5 times and never deleted'],
    ['a queue, with JSON that is no record', letter('[1]'), 'received 5 times and never deleted'],
    [
      'a queue, with a hostile body',
      letter('{"requestContext":null,"responsePayload":3}'),
      'received 5 times and never deleted',
    ],
  ])('is what %s says', (_, message, reason) => {
    expect(reasonOf(message, 5)).toBe(reason);
  });

  it('is unknown where nothing says it', () => {
    expect(reasonOf(letter('sent from a console'))).toBe('it came without a reason');
  });
});
