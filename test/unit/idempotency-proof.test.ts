import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import createError from 'http-errors';
import { describe, expect, test } from 'vitest';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  DeadlineExceededError,
  FibrinError,
  InvalidOptionError,
  StoreError,
  ValidationError,
} from '../../lib/core/errors.ts';
import { boundedFetch } from '../../lib/http/bounded-fetch.ts';
import { HttpStatusError, NoAnswerError, ResponseTooLargeError } from '../../lib/http/errors.ts';
import {
  InFlightError,
  OutcomeUnknownError,
  OwnershipLostError,
  PayloadMismatchError,
} from '../../lib/idempotency/errors.ts';
import { type Outcome, outcomes } from '../../lib/idempotency/outcome.ts';
import { BulkheadFullError } from '../../lib/policy/bulkhead.ts';
import { fallback, fallbackChain } from '../../lib/policy/fallback.ts';
import { RateLimitedError } from '../../lib/policy/rate-limit.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { retry } from '../../lib/policy/retry.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { OverloadedError } from '../../lib/shedding/overloaded.ts';
import { atEndOfTest } from '../support/ends.ts';
import { failureOf } from '../support/error-meaning.ts';

type Rule = Parameters<typeof outcomes>[0];

const outcomeOf = (error: unknown, rule: Partial<Rule> = {}): Outcome =>
  outcomes({ operation: 'charge', onUnknownOutcome: 'hold', ...rule }, () => false)({ error });

const network = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });
const named = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
const REFUSED = network('ECONNREFUSED', { syscall: 'connect' });
const RESET = network('ECONNRESET', { syscall: 'read' });

describe('with hold, a key is free after', () => {
  test.each<[string, unknown]>([
    ['a breaker that is open', new BreakerOpenError('charges', 1_000)],
    ['a bulkhead that is full', new BulkheadFullError('charges', 'x')],
    ['a request that was shed', new OverloadedError('queue', 1_000)],
    ['a rate limiter without a token', new RateLimitedError('charges', 1, 1_000)],
    [
      'a deadline before anything was called',
      new DeadlineExceededError('charges', 'total timeout', 0, { called: false }),
    ],
    ['an option that is wrong', new InvalidOptionError('charge: expected a number')],
    ['a key inside that is in flight', new InFlightError('step', 1_000)],
    ['a key inside that came with another payload', new PayloadMismatchError('step')],
    ['a 4xx of a service', new HttpStatusError('bank', 402)],
    ['a refusal of the handler', new FibrinError('DECLINED', 'The card is declined', { status: 422 })],
    ['a refusal of the handler by http-errors', createError(404)],
    ['an answer of the handler that a refused connection led to', createError(502, 'x', { cause: REFUSED })],
    [
      'a status of the handler for a connection that was refused',
      new FibrinError('DOWN', 'The bank is down', { status: 503, cause: REFUSED }),
    ],
    ['a connection that was refused', new NoAnswerError('bank', REFUSED, false)],
    ['a host that cannot be reached', network('EHOSTUNREACH', { syscall: 'connect' })],
    ['a connection that timed out', network('ETIMEDOUT', { syscall: 'connect' })],
    ['a connect timeout of undici', network('UND_ERR_CONNECT_TIMEOUT', { name: 'ConnectTimeoutError' })],
    ['a lookup that timed out in got', named('TimeoutError', { code: 'ETIMEDOUT', event: 'lookup' })],
    ['several addresses that all refused', new AggregateError([REFUSED, REFUSED])],
    ['no port left here', network('EADDRNOTAVAIL')],
    ['no file left here', network('EMFILE')],
    ['throttling', named('ThrottlingException', { $metadata: { httpStatusCode: 400, attempts: 1 } })],
    ['throttling that is a 503', named('SlowDown', { $metadata: { httpStatusCode: 503, attempts: 1 } })],
    [
      'a condition that failed',
      named('ConditionalCheckFailedException', { $metadata: { httpStatusCode: 400, attempts: 1 } }),
    ],
    [
      'a transaction that was refused, also when it was sent again',
      named('TransactionCanceledException', { $metadata: { httpStatusCode: 400, attempts: 3 } }),
    ],
    ['no credentials', named('CredentialsProviderError')],
    [
      'a write that DynamoDB cannot make',
      new StoreError('failed', {
        cause: named('ValidationException', { $metadata: { httpStatusCode: 400, attempts: 1 } }),
      }),
    ],
    ['gRPC that has not the right', { code: 7, details: 'denied', metadata: {} }],
  ])('%s', (_, error) => {
    expect(outcomeOf(error)).toBe('failed');
    expect(outcomeOf(new Error('The charge failed', { cause: error }))).toBe('failed');
    expect(outcomeOf(error, { onUnknownOutcome: 'rerun' })).toBe('failed');
  });
});

describe('with hold, a key is held after', () => {
  test.each<[string, unknown]>([
    ['an error that says nothing', new Error('declined')],
    ['nothing', undefined],
    ['what is no error', 'declined'],
    ['a bug', new TypeError('x is not a function')],
    ['an attempt that timed out', new AttemptTimeoutError('charges', 100)],
    [
      'a deadline after a call',
      new DeadlineExceededError('charges', 'total timeout', 100, { cause: REFUSED }),
    ],
    ['an answer that is not valid', new ValidationError('charges', ['id: expected a string'])],
    ['an answer that is too large', new ResponseTooLargeError('bank', 10)],
    ['a connection that was reset', new NoAnswerError('bank', RESET, false)],
    ['a host that is out of reach after the request', network('EHOSTUNREACH', { syscall: 'read' })],
    ['a conflict', new HttpStatusError('bank', 409)],
    ['a request that came too late', new HttpStatusError('bank', 408)],
    ['a redirect', new HttpStatusError('bank', 303)],
    ['trouble of a service', new HttpStatusError('bank', 503)],
    ['a gateway that gave up', new HttpStatusError('bank', 504)],
    ['an abort', named('AbortError', { cause: REFUSED })],
    ['several addresses of which one may have got it', new AggregateError([REFUSED, RESET])],
    ['none of several', new AggregateError([])],
    ['a store that gave no answer', new StoreError('gave no answer in 3000 ms')],
    [
      'a refusal of the handler for what it could not read, of the request or of an answer',
      createError(400, 'x', { cause: new SyntaxError('x') }),
    ],
    ['a refusal of the handler that a lost answer led to', createError(400, 'x', { cause: RESET })],
    [
      'a status of the handler for an answer that was not valid',
      createError(422, 'x', { cause: new ValidationError('charges', ['id: expected a string']) }),
    ],
    [
      'a refused connection after a redirect',
      network('ECONNREFUSED', { syscall: 'connect', response: { statusCode: 303 } }),
    ],
    ['a refusal after a retry of undici', network('UND_ERR_REQ_RETRY', { statusCode: 402 })],
    ['a run inside whose outcome is unknown', new OutcomeUnknownError('step')],
    ['a run inside that was overtaken', new OwnershipLostError('step')],
    [
      'a transaction that is under way',
      named('TransactionInProgressException', { $metadata: { httpStatusCode: 400, attempts: 1 } }),
    ],
    [
      'a refusal of the second try of the AWS SDK',
      named('ConditionalCheckFailedException', { $metadata: { httpStatusCode: 400, attempts: 2 } }),
    ],
    ['a refusal of the second try of got', network('ECONNREFUSED', { request: { retryCount: 1 } })],
    [
      'gRPC whose quota, or whose answer, is too large',
      { code: 8, details: 'larger than max', metadata: {} },
    ],
    [
      'an error that is frozen, which could hide earlier attempts',
      Object.freeze(new HttpStatusError('bank', 402)),
    ],
    ['a Proxy that was revoked', revoked()],
  ])('%s', (_, error) => {
    expect(outcomeOf(error)).toBe('unknown');
  });
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('with rerun, a key is', () => {
  test.each<[string, unknown]>([
    ['the answer is not valid', new ValidationError('charges', ['id: expected a string'])],
    ['the answer is too large for boundedFetch', new ResponseTooLargeError('bank', 10)],
    ['the answer is too large for undici', network('UND_ERR_RES_EXCEEDED_MAX_SIZE')],
    ['the answer is too large for axios', network('ERR_BAD_RESPONSE')],
    ['the answer cannot be read', named('ParseError', { response: { statusCode: 201 } })],
  ])('never freed at once after a success: %s', (_, error) => {
    expect(outcomeOf(error, { onUnknownOutcome: 'rerun' })).toBe('unknown');
    expect(outcomeOf(error)).toBe('unknown');
  });

  test.each<[string, unknown]>([
    ['an error that says nothing', new Error('declined')],
    ['a bug', new TypeError('x is not a function')],
    ['a connection that was reset', new NoAnswerError('bank', RESET, false)],
    ['a 500 that axios reports', network('ERR_BAD_RESPONSE', { response: { status: 500 } })],
  ])('free after %s', (_, error) => {
    expect(outcomeOf(error, { onUnknownOutcome: 'rerun' })).toBe('failed');
  });
});

describe('what earlier attempts have done counts', () => {
  /** The error of a policy whose attempts end one after the other. */
  const errorOf = (...ends: readonly unknown[]) => {
    const policy = retry({
      maxAttempts: ends.length,
      baseDelayMs: 1,
      shouldRetryResult: (value) => value === 'pending',
    });
    return failureOf(
      policy.execute(async ({ attempt }) => {
        const end = ends[attempt - 1];
        if (end === 'pending') return end;
        throw end;
      }),
    );
  };
  const fresh = () => network('ECONNREFUSED', { syscall: 'connect' });

  test('a refusal after a lost answer proves nothing', async () => {
    const error = await errorOf(RESET, fresh());

    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(outcomeOf(error)).toBe('unknown');
    expect(outcomeOf(new Error('The charge failed', { cause: error }))).toBe('unknown');
  });

  test('several refusals prove that nothing happened', async () => {
    expect(outcomeOf(await errorOf(fresh(), fresh(), fresh()))).toBe('failed');
  });

  test('a refusal after an answer proves nothing', async () => {
    expect(outcomeOf(await errorOf('pending', fresh()))).toBe('unknown');
  });

  test('the same error each time is no endless search', async () => {
    const error = fresh();

    expect(outcomeOf(await errorOf(error, error, error))).toBe('failed');
  });

  test('an open breaker after a lost answer proves nothing, one policy within another', async () => {
    const inner = retry({ maxAttempts: 2, baseDelayMs: 1 });
    const outer = retry({ maxAttempts: 2, baseDelayMs: 1, shouldRetry: () => true });
    let calls = 0;

    const error = await failureOf(
      outer.execute(() =>
        inner.execute(async () => {
          calls++;
          throw calls === 2 ? new AttemptTimeoutError('charges', 10) : fresh();
        }),
      ),
    );

    expect(calls).toBe(4);
    expect(outcomeOf(error)).toBe('unknown');
  });

  test('with rerun, a refusal after a timeout leaves the outcome open', async () => {
    const error = await errorOf(new AttemptTimeoutError('charges', 10), fresh());

    expect(outcomeOf(error, { onUnknownOutcome: 'rerun' })).toBe('unknown');
  });

  test('a fallback that was refused after a lost answer proves nothing, alone or in a chain', async () => {
    const lost = network('ECONNRESET');
    const refused = () => Promise.reject(fresh());
    const one = fallback<unknown>({ fallback: refused });
    const chain = fallback<unknown>({
      fallback: fallbackChain<unknown>(() => Promise.reject(lost), refused),
    });

    expect(outcomeOf(await failureOf(one.execute(() => Promise.reject(lost))))).toBe('unknown');
    expect(outcomeOf(await failureOf(chain.execute(refused)))).toBe('unknown');
    expect(outcomeOf(await failureOf(one.execute(refused)))).toBe('failed');
  });

  test('an error that cannot take a note proves nothing', async () => {
    expect(outcomeOf(await errorOf(RESET, Object.freeze(fresh())))).toBe('unknown');
  });

  test('no log shows the note', async () => {
    const error = await errorOf(RESET, fresh());

    expect(Object.keys(error as object).sort()).toEqual(['code', 'syscall']);
  });
});

describe('a call that waits for a connection', () => {
  /** One connection, which never gets an answer. */
  async function busyHost() {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const http = new Agent({ keepAlive: true, maxSockets: 1 });
    atEndOfTest(() => {
      http.destroy();
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return (signal: AbortSignal) =>
      boundedFetch(url, { method: 'POST', body: '7', signal, agents: { http } });
  }

  test('until its time is over has sent nothing', async () => {
    const charge = await busyHost();
    const first = failureOf(charge(AbortSignal.timeout(60)));
    const policy = timeout({ timeoutMs: 20 });

    const error = await failureOf(policy.execute(({ signal }) => charge(signal)));

    expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(outcomeOf(error)).toBe('failed');
    expect(outcomeOf(await first)).toBe('unknown');
  });

  test('beside one that has sent its request, aborted for one reason, proves nothing', async () => {
    const charge = await busyHost();
    const policy = resilient<unknown>({
      name: 'charges',
      attemptTimeoutMs: 20,
      retry: false,
      breaker: false,
    });

    const error = await failureOf(
      policy.execute(({ signal }) => Promise.all([charge(signal), charge(signal)])),
    );

    expect(outcomeOf(error)).toBe('unknown');
  });
});

describe('the user decides about an error', () => {
  test('and is handed what the default says', () => {
    const seen: boolean[] = [];
    const isDefiniteFailure: Rule['isDefiniteFailure'] = (_error, { definite }) => {
      seen.push(definite);
      return !definite;
    };

    expect(outcomeOf(RESET, { isDefiniteFailure })).toBe('failed');
    expect(outcomeOf(REFUSED, { isDefiniteFailure })).toBe('unknown');
    expect(seen).toEqual([false, true]);
  });

  test('where the predicate throws, the default decides', () => {
    const isDefiniteFailure = () => {
      throw new Error('bug');
    };

    expect(outcomeOf(RESET, { isDefiniteFailure })).toBe('unknown');
    expect(outcomeOf(REFUSED, { isDefiniteFailure })).toBe('failed');
  });
});

describe('an answer that says the run failed', () => {
  const ofResult = (result: unknown, onUnknownOutcome: 'hold' | 'rerun', wasCalled?: false) =>
    outcomes(
      { operation: 'charge', onUnknownOutcome },
      () => true,
    )({
      result,
      ...(wasCalled === false && { wasCalled }),
    });

  test.each([
    [{ statusCode: 500 }, 'unknown'],
    [{ statusCode: 504 }, 'unknown'],
    [{ statusCode: 409 }, 'unknown'],
    [{ statusCode: 429 }, 'failed'],
    [{ batchItemFailures: [{ itemIdentifier: '1' }] }, 'unknown'],
  ])('with hold, %j is %s', (result, outcome) => {
    expect(ofResult(result, 'hold')).toBe(outcome);
    expect(ofResult(result, 'rerun')).toBe('failed');
    expect(ofResult(result, 'hold', false)).toBe('failed');
  });
});
