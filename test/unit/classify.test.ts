import { describe, expect, test } from 'vitest';
import { classifyError, evidenceOf, isTimeUp } from '../../lib/core/classify.ts';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
  StoreError,
  ValidationError,
} from '../../lib/core/errors.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';

const withStatus = (status: number) => Object.assign(new Error('http'), { status });

describe('a timeout that is noticed late', () => {
  test.each([
    [0, 'failed'],
    [499, 'failed'],
    [500, 'nothing'],
    [60_000, 'nothing'],
  ])('by %d ms is evidence of %s', (lateMs, evidence) => {
    expect(evidenceOf(new AttemptTimeoutError('posts', 1_000, lateMs))).toBe(evidence);
  });
});

describe('classifyError', () => {
  test.each([408, 429, 500, 502, 503, 504])('a status of %i may pass', (status) => {
    expect(classifyError(withStatus(status))).toBe('transient');
  });

  test.each([400, 401, 403, 404, 409, 422])('a status of %i will be the same next time', (status) => {
    expect(classifyError(withStatus(status))).toBe('permanent');
  });

  test.each([
    ['a status', { status: 404 }],
    ['a statusCode', { statusCode: 404 }],
    ['the metadata of the AWS SDK', { $metadata: { httpStatusCode: 404 } }],
  ])('reads the status from %s', (_, carried) => {
    expect(classifyError(Object.assign(new Error('x'), carried))).toBe('permanent');
  });

  test('believes the AWS SDK about throttling that comes as a 400', () => {
    const throttled = Object.assign(new Error('slow down'), {
      $retryable: { throttling: true },
      $metadata: { httpStatusCode: 400 },
    });

    expect(classifyError(throttled)).toBe('transient');
  });

  test.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'SlowDown', 'RequestTimeout'])(
    'knows %s by its name, which comes as a 400 without a mark',
    (name) => {
      const throttled = Object.assign(new Error('slow down'), { name, $metadata: { httpStatusCode: 400 } });

      expect(classifyError(throttled)).toBe('transient');
    },
  );

  test.each(['LimitExceededException', 'ValidationException'])(
    'takes %s for what it is: permanent',
    (name) => {
      const refused = Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: 400 } });

      expect(classifyError(refused)).toBe('permanent');
    },
  );

  test.each([TypeError, ReferenceError, RangeError])('takes a bare %o for a bug', (type) => {
    expect(classifyError(new type('x'))).toBe('bug');
  });

  test('takes a bad option for one, wherever it shows', () => {
    expect(classifyError(new InvalidOptionError('x'))).toBe('bug');
    expect(evidenceOf(new InvalidOptionError('x'))).toBe('nothing');
  });

  test('takes the TypeError that fetch throws for the network it stands for', () => {
    const refused = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });

    expect(classifyError(refused)).toBe('transient');
  });

  test.each(['text', 7, undefined, null, new Error('unknown')])('gives %s another chance', (thrown) => {
    expect(classifyError(thrown)).toBe('transient');
  });

  test.each([{ status: '500' }, { status: undefined }, { $metadata: null }])(
    'reads no status from where there is none: %j',
    (carried) => {
      expect(classifyError(Object.assign(new TypeError('x'), carried))).toBe('bug');
    },
  );

  test('asks the errors of the toolkit themselves', () => {
    expect(classifyError(new AttemptTimeoutError('x', 1))).toBe('transient');
    expect(classifyError(new ValidationError('x', []))).toBe('transient');
    expect(classifyError(new BreakerOpenError('x', 1))).toBe('permanent');
    expect(classifyError(new DeadlineExceededError('x', 1))).toBe('permanent');
    expect(classifyError(new FibrinError('X', 'x', { status: 503 }))).toBe('permanent');
  });
});

describe('what an error says about the dependency', () => {
  test.each<[string, unknown]>([
    ['an attempt that got no answer', new AttemptTimeoutError('x', 1)],
    ['a deadline that has passed', new DeadlineExceededError('x', 1)],
    ['a limit of AbortSignal.timeout', new DOMException('x', 'TimeoutError')],
    ['an answer that is no good', new ValidationError('x', [])],
    ['a 5xx', withStatus(503)],
    ['a 5xx of the toolkit, though it is not worth a retry', new FibrinError('DOWN', 'x', { status: 503 })],
    ['a store without an answer', new StoreError('x')],
    ['a 408', withStatus(408)],
    ['a 429', withStatus(429)],
    ['throttling as a 400', Object.assign(withStatus(400), { name: 'ThrottlingException' })],
    ['the network', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })],
    ['an error of which nothing is known', new Error('x')],
  ])('is that it failed: %s', (_, error) => {
    expect(evidenceOf(error)).toBe('failed');
  });

  test.each<[string, unknown]>([
    ['a 4xx', withStatus(404)],
    ['a 4xx of the toolkit', new FibrinError('NO_SUCH_POST', 'x', { status: 404 })],
    ['a 409 that is worth a retry', new InFlightError('x', 1)],
  ])('is that it answered: %s', (_, error) => {
    expect(evidenceOf(error)).toBe('answered');
  });

  test.each<[string, unknown]>([
    ['a refusal by a breaker, since nothing was called', new BreakerOpenError('x', 1)],
    ['a deadline that left no time to call', new DeadlineExceededError('x', 1, false)],
    ['a bug', new TypeError('x')],
    ['an error of the toolkit without a status', new FibrinError('NOT_JSON', 'x')],
  ])('is nothing: %s', (_, error) => {
    expect(evidenceOf(error)).toBe('nothing');
  });
});

test('what a service answered counts, not what our caller is told of it', () => {
  const told = (downstreamStatus: unknown) => Object.assign(withStatus(502), { downstreamStatus });

  expect(evidenceOf(told(404))).toBe('answered');
  expect(evidenceOf(told(429))).toBe('failed');
  expect(evidenceOf(told(undefined))).toBe('failed');
});

describe('isTimeUp', () => {
  test('knows the limits of the toolkit and that of AbortSignal.timeout', () => {
    expect(isTimeUp(new AttemptTimeoutError('x', 1))).toBe(true);
    expect(isTimeUp(new DeadlineExceededError('x', 1))).toBe(true);
    expect(isTimeUp(new DOMException('x', 'TimeoutError'))).toBe(true);
  });

  test('does not take a caller who gave up for one', () => {
    expect(isTimeUp(new DOMException('x', 'AbortError'))).toBe(false);
    expect(isTimeUp(Object.assign(new Error('x'), { name: 'TimeoutError' }))).toBe(false);
  });
});
