import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyError, evidenceOf, isTimeoutError } from '../../lib/core/classify.ts';
import { AttemptTimeoutError, DeadlineExceededError, InvalidOptionError } from '../../lib/core/errors.ts';
import { hostileErrors } from '../support/hostile-errors.ts';

const withStatus = (status: unknown) => Object.assign(new Error('http'), { status });
const withCode = (code: unknown, message = 'x') => Object.assign(new Error(message), { code });
const named = (name: string, properties: object = {}) => Object.assign(new Error('x'), { name }, properties);
const meaningOf = (error: unknown) => [classifyError(error), evidenceOf(error)];

const FAILED = ['transient', 'failed'];
const ANSWERED = ['permanent', 'answered'];
const CANCELLED = ['permanent', 'none'];
const BUG = ['bug', 'none'];

describe('a status', () => {
  test.each([408, 429, 500, 502, 503, 504, 507, 599])('of %i is transient and a failure', (status) => {
    expect(meaningOf(withStatus(status))).toEqual(FAILED);
  });

  test.each([100, 304, 400, 401, 403, 404, 409, 422, 501, 505])(
    'of %i is permanent and an answer',
    (status) => {
      expect(meaningOf(withStatus(status))).toEqual(ANSWERED);
    },
  );

  test('of 425 is transient and an answer: the request came too early', () => {
    expect(meaningOf(withStatus(425))).toEqual(['transient', 'answered']);
  });

  test('of 499 is a cancellation', () => {
    expect(meaningOf(withStatus(499))).toEqual(CANCELLED);
  });

  test('of 200 with an error means that the answer could not be read', () => {
    expect(meaningOf(withStatus(200))).toEqual(FAILED);
    expect(meaningOf(Object.assign(new TypeError('Expected text'), { status: 200 }))).toEqual(FAILED);
  });

  test('decides over the name of the error', () => {
    expect(meaningOf(Object.assign(new TypeError('x'), { status: 404 }))).toEqual(ANSWERED);
  });

  test('of the service counts, not the one that our own caller is answered', () => {
    const bad = (downstreamStatus: unknown) => Object.assign(withStatus(502), { downstreamStatus });

    expect(evidenceOf(bad(404))).toBe('answered');
    expect(evidenceOf(bad(429))).toBe('failed');
    expect(evidenceOf(bad(undefined))).toBe('failed');
  });
});

describe('an error of AWS', () => {
  test('with a mark is throttling, though its status is 400', () => {
    const marked = named('X', { $retryable: { throttling: true }, $metadata: { httpStatusCode: 400 } });

    expect(meaningOf(marked)).toEqual(FAILED);
  });

  test.each([
    'BandwidthLimitExceeded',
    'EC2ThrottledException',
    'PriorRequestNotComplete',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'RequestTimeout',
    'RequestTimeoutException',
    'SlowDown',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
    'TransactionInProgressException',
  ])('named %s is transient, though its status is 400 and it has no mark', (name) => {
    expect(meaningOf(named(name, { $metadata: { httpStatusCode: 400 } }))).toEqual(FAILED);
  });

  test.each(['LimitExceededException', 'ValidationException', 'ConditionalCheckFailedException'])(
    'named %s is permanent',
    (name) => {
      expect(meaningOf(named(name, { $metadata: { httpStatusCode: 400 } }))).toEqual(ANSWERED);
    },
  );
});

describe('a programming error', () => {
  test.each([TypeError, ReferenceError, RangeError, SyntaxError, URIError])('is a bare %o', (type) => {
    expect(meaningOf(new type('x'))).toEqual(BUG);
  });

  test.each(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'URIError'])(
    'is a bare %s of another realm',
    (name) => {
      const error: unknown = runInNewContext(`new ${name}('x')`);

      expect(error).not.toBeInstanceOf(Error);
      expect(meaningOf(error)).toEqual(BUG);
    },
  );

  test('is a failed assertion', () => {
    expect(meaningOf(named('AssertionError', { code: 'ERR_ASSERTION' }))).toEqual(BUG);
  });

  test.each([
    'ERR_INVALID_URL',
    'ERR_INVALID_ARG_TYPE',
    'UND_ERR_INVALID_ARG',
    'UND_ERR_NOT_SUPPORTED',
    'ERR_UNSUPPORTED_PROTOCOL',
    'ERR_BAD_REQUEST',
    'ERR_BAD_OPTION_VALUE',
    'ERR_NOT_SUPPORT',
  ])('is one with the code %s', (code) => {
    expect(meaningOf(withCode(code))).toEqual(BUG);
    expect(meaningOf(new TypeError('fetch failed', { cause: withCode(code) }))).toEqual(BUG);
  });

  test('is a TypeError whose cause has no code', () => {
    expect(meaningOf(new TypeError('fetch failed', { cause: new Error('unknown scheme') }))).toEqual(BUG);
    expect(meaningOf(new TypeError('x', { cause: 'text' }))).toEqual(BUG);
  });

  test('is one that another error wraps', () => {
    expect(meaningOf(new Error('The user could not be read', { cause: new TypeError('x') }))).toEqual(BUG);
  });

  test('is an invalid option', () => {
    expect(meaningOf(new InvalidOptionError('x'))).toEqual(BUG);
  });

  test('is no answer that is not JSON, whichever way it is broken', () => {
    for (const body of ['', '<html>', '{"name":"Ada', '{"a":1}x', '{"a":"\n"}', '{a:1}', '[1,]']) {
      expect(() => JSON.parse(body)).toThrow(SyntaxError);
      try {
        JSON.parse(body);
      } catch (error) {
        expect(meaningOf(error)).toEqual(FAILED);
      }
    }
  });
});

describe('a network error', () => {
  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'EPIPE',
    'EHOSTUNREACH',
    'UND_ERR_SOCKET',
    'UND_ERR_CONNECT_TIMEOUT',
    'HPE_INVALID_CONSTANT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ])('is transient and a failure, alone and as the cause of what fetch throws: %s', (code) => {
    expect(meaningOf(withCode(code))).toEqual(FAILED);
    expect(meaningOf(new TypeError('fetch failed', { cause: withCode(code) }))).toEqual(FAILED);
  });

  test('of another realm is the same', () => {
    const error: unknown = runInNewContext(
      "new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })",
    );

    expect(meaningOf(error)).toEqual(FAILED);
  });

  test('of several addresses is the same', () => {
    const errors = [withCode('ECONNREFUSED'), withCode('ENETUNREACH')];

    expect(meaningOf(new TypeError('fetch failed', { cause: new AggregateError(errors) }))).toEqual(FAILED);
  });

  test.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL'])(
    'that shows that this environment is exhausted is transient, and says nothing about the service: %s',
    (code) => {
      expect(meaningOf(withCode(code))).toEqual(['transient', 'none']);
      expect(meaningOf(new TypeError('fetch failed', { cause: withCode(code) }))).toEqual([
        'transient',
        'none',
      ]);
    },
  );
});

describe('a cancellation', () => {
  test.each<[string, unknown]>([
    ['DOMException', new DOMException('x', 'AbortError')],
    ['Node', named('AbortError', { code: 'ABORT_ERR' })],
    ['got', named('AbortError', { code: 'ERR_ABORTED' })],
    ['axios', named('CanceledError', { code: 'ERR_CANCELED' })],
    ['older versions of got', named('CancelError', { code: 'ERR_CANCELED' })],
    ['another realm', runInNewContext("Object.assign(new Error('x'), { name: 'AbortError' })")],
  ])('of %s is permanent and says nothing about the service', (_, error) => {
    expect(meaningOf(error)).toEqual(CANCELLED);
    expect(isTimeoutError(error)).toBe(false);
  });

  test.each<[string, unknown]>([
    ['AbortSignal.timeout', new DOMException('x', 'TimeoutError')],
    ['a timeout of the toolkit', new AttemptTimeoutError('x', 1)],
    ['a deadline of the toolkit', new DeadlineExceededError('x', 'total timeout', 1)],
  ])('that %s caused is a timeout', (_, cause) => {
    const error = named('AbortError', { code: 'ABORT_ERR', cause });

    expect(meaningOf(error)).toEqual(FAILED);
    expect(isTimeoutError(error)).toBe(true);
  });
});

describe('a timeout', () => {
  test.each<[string, unknown]>([
    ['AbortSignal.timeout', new DOMException('x', 'TimeoutError')],
    ['ky', named('TimeoutError')],
    ['got', named('TimeoutError', { code: 'ETIMEDOUT' })],
    ['axios', withCode('ECONNABORTED')],
    ['undici', named('HeadersTimeoutError', { code: 'UND_ERR_HEADERS_TIMEOUT' })],
    ['DNS', withCode('ETIMEOUT')],
    ['gRPC', withCodeOfGrpc(4)],
    ['another realm', runInNewContext("Object.assign(new Error('x'), { name: 'TimeoutError' })")],
    ['the toolkit', new AttemptTimeoutError('x', 1)],
  ])('of %s is transient and a failure', (_, error) => {
    expect(meaningOf(error)).toEqual(FAILED);
    expect(isTimeoutError(error)).toBe(true);
    expect(isTimeoutError(new Error('wrapped', { cause: error }))).toBe(true);
  });

  test('is a passed deadline of the toolkit, which leaves no time for another attempt', () => {
    const error = new DeadlineExceededError('x', 'total timeout', 1);

    expect(meaningOf(error)).toEqual(['permanent', 'failed']);
    expect(isTimeoutError(error)).toBe(true);
  });

  test.each([new Error('timeout'), withStatus(503), undefined])('is not %s', (error) => {
    expect(isTimeoutError(error)).toBe(false);
  });
});

function withCodeOfGrpc(code: unknown, properties: object = { details: '', metadata: {} }): Error {
  return Object.assign(withCode(code), properties);
}

describe('an error of which nothing is known', () => {
  test.each(['text', 7, undefined, null, Symbol('x'), () => 0, new Error('x'), new AggregateError([])])(
    'is transient and a failure: %s',
    (thrown) => {
      expect(meaningOf(thrown)).toEqual(FAILED);
    },
  );

  test('means what the first of its causes means that says something', () => {
    const refused = new AggregateError([new Error('x'), withStatus(404), withStatus(503)]);

    expect(meaningOf(refused)).toEqual(ANSWERED);
  });
});

describe('an error that cannot be read', () => {
  test.each(hostileErrors())('is transient and a failure: %s', (_, error) => {
    expect(meaningOf(error)).toEqual(FAILED);
    expect(isTimeoutError(error)).toBe(false);
  });

  test('is never lost, whatever was thrown', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }),
        (thrown) => {
          expect(['transient', 'permanent', 'bug']).toContain(classifyError(thrown));
          expect(['failed', 'answered', 'none']).toContain(evidenceOf(thrown));
          expect(isTimeoutError(thrown)).toBe(false);
        },
      ),
    );
  });
});
