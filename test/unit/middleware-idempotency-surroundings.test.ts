import { Readable } from 'node:stream';
import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { lambdaContext } from '../../bench/idempotency/contexts.ts';
import { InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import { InFlightError, ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import { type IdempotencyMiddlewareOptions, idempotency } from '../../lib/middleware/idempotency.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { never } from '../support/idempotency-world.ts';
import { failing } from '../support/outcomes.ts';

interface Event {
  readonly key: string;
}
interface Response {
  readonly statusCode: number;
  headers?: Record<string, unknown>;
  readonly body?: unknown;
}
interface Request {
  response: Response;
}
type Hook = (request: Request) => unknown;
interface Hooks {
  readonly before?: Hook;
  readonly after?: Hook;
  readonly onError?: Hook;
}

interface Around {
  readonly outer?: Hooks;
  readonly inner?: Hooks;
  readonly plugin?: middy.PluginObject;
  readonly options?: Partial<IdempotencyMiddlewareOptions<Event>>;
  /** More of the event. */
  readonly event?: object;
}

/** The middleware among others. Middy's own timer is real, so it is off except where it is what is tested. */
function lambdaAmong(
  run: () => Promise<unknown>,
  { outer, inner, plugin = { timeoutEarlyInMillis: 0 }, options = {}, event = {} }: Around = {},
) {
  const store = { ...memoryStore() };
  const warnings: string[] = [];
  const handler = vi.fn(run);
  const once = idempotency<Event>({
    store,
    operation: 'order',
    key: ({ key }) => key,
    clock: fakeClock(),
    random: seededRandom(1),
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  const lambda = middy<Event, unknown>(plugin);
  for (const hooks of [outer, once, inner]) if (hooks) lambda.use(hooks as middy.MiddlewareObj<Event>);
  lambda.handler(handler);
  const call = (key = 'k', remainingMs = 3_000): Promise<unknown> =>
    lambda(
      { ...event, key },
      lambdaContext(remainingMs, () => 0),
    ).catch((error: unknown) => error);
  return { store, handler, warnings, call };
}

const ok = async (): Promise<Response> => ({ statusCode: 200 });
const withCors: Hook = (request) => {
  request.response = { ...request.response, headers: { vary: 'origin' } };
};
const corsInPlace: Hook = ({ response }) => {
  response.headers = { vary: 'origin' };
};
const CHANGED = /changed after it was recorded.*outermost/;

describe('a middleware that changes the response', () => {
  test.each([
    ['replaces it', withCors],
    ['changes it in place', corsInPlace],
  ])('outside of it and %s is warned of, once', async (_, after) => {
    const { warnings, call } = lambdaAmong(ok, { outer: { after } });

    const answers = [await call('a'), await call('a'), await call('b')];

    expect(answers).toEqual([
      { statusCode: 200, headers: { vary: 'origin' } },
      { statusCode: 200 },
      { statusCode: 200, headers: { vary: 'origin' } },
    ]);
    expect(warnings).toEqual([expect.stringMatching(CHANGED)]);
  });

  test.each([
    ['replaces it', withCors],
    ['changes it in place', corsInPlace],
  ])('inside of it and %s is recorded with what it does', async (_, after) => {
    const { warnings, call } = lambdaAmong(ok, { inner: { after } });

    const first = await call();

    expect(first).toEqual({ statusCode: 200, headers: { vary: 'origin' } });
    expect(await call()).toEqual(first);
    expect(warnings).toEqual([]);
  });

  test('outside of it is not warned of where the response was not recorded', async () => {
    const { warnings, call } = lambdaAmong(async () => ({ statusCode: 503 }), { outer: { after: withCors } });
    await call();

    expect(warnings).toEqual([]);
  });

  test('outside of it is not warned of for a header of one caller, which no replay has', async () => {
    const { warnings, call } = lambdaAmong(async () => ({ statusCode: 200, headers: {} }), {
      outer: {
        after({ response }) {
          response.headers = { 'set-cookie': 'session=1' };
        },
      },
      event: { requestContext: { http: { method: 'POST', path: '/orders' } } },
    });

    expect(await call()).toMatchObject({ headers: { 'set-cookie': 'session=1' } });
    expect(await call()).not.toHaveProperty('headers.set-cookie');
    expect(warnings).toEqual([]);
  });

  test('outside of it to what JSON cannot hold is warned of, and fails nothing', async () => {
    const response: Response = { statusCode: 200 };
    response.headers = { circular: response };
    const { warnings, call } = lambdaAmong(ok, {
      outer: {
        after(request) {
          request.response = response;
        },
      },
    });

    expect(await call()).toBe(response);
    expect(warnings).toEqual([expect.stringMatching(CHANGED)]);
  });

  test('outside of it may read the response', async () => {
    const seen: Response[] = [];
    const { warnings, call } = lambdaAmong(ok, {
      outer: { after: ({ response }) => void seen.push(response) },
    });
    await call();

    expect(seen).toEqual([{ statusCode: 200 }]);
    expect(warnings).toEqual([]);
  });

  test('is warned of on stderr by default', async () => {
    const print = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const once = idempotency<Event>({ store: memoryStore(), operation: 'order', key: ({ key }) => key });
    const lambda = middy<Event, unknown>({ timeoutEarlyInMillis: 0 })
      .use({ after: withCors } as middy.MiddlewareObj<Event>)
      .use(once)
      .handler(ok);
    await lambda({ key: 'k' }, lambdaContext());

    expect(print).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(CHANGED));
    print.mockRestore();
  });
});

describe('a middleware that answers early', () => {
  const early = () => ({ statusCode: 304 });

  test('inside of it has its answer recorded, where it comes before the handler', async () => {
    const { handler, warnings, call } = lambdaAmong(ok, { inner: { before: early } });

    expect([await call('a'), await call('a')]).toEqual([{ statusCode: 304 }, { statusCode: 304 }]);

    expect(handler).not.toHaveBeenCalled();
    expect(warnings).toEqual([]);
  });

  test('inside of it has its answer recorded, where it comes after the handler', async () => {
    const { handler, warnings, call } = lambdaAmong(ok, { inner: { after: early } });

    expect([await call(), await call()]).toEqual([{ statusCode: 304 }, { statusCode: 304 }]);

    expect(handler).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([]);
  });

  test('inside of it does not keep the key of a run that failed, where it answers to the error', async () => {
    const { handler, call } = lambdaAmong(failing, { inner: { onError: early } });

    expect([await call(), await call()]).toEqual([{ statusCode: 304 }, { statusCode: 304 }]);

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('inside of it frees the key with an answer of 500 or more', async () => {
    let isDown = true;
    const before = () => (isDown ? { statusCode: 503 } : undefined);
    const { call } = lambdaAmong(ok, { inner: { before } });
    await call();
    isDown = false;

    expect(await call()).toEqual({ statusCode: 200 });
  });

  test('inside of it gets the error of a record that is not stored', async () => {
    const { store, call } = lambdaAmong(ok, {
      inner: {
        before: () => {
          store.put = () => Promise.reject(new StoreError('down'));
          return { statusCode: 304 };
        },
      },
    });

    expect(await call()).toBeInstanceOf(StoreError);
  });

  test('outside of it, before it began, claims no key', async () => {
    let isEarly = true;
    const before = () => (isEarly ? { statusCode: 304 } : undefined);
    const { warnings, call } = lambdaAmong(ok, { outer: { before } });
    await call();
    isEarly = false;

    expect(await call()).toEqual({ statusCode: 200 });

    expect(warnings).toEqual([]);
  });

  test.each([
    ['that was recorded is warned of', 200, [expect.stringMatching(CHANGED)]],
    ['that was not recorded is not warned of', 503, []],
  ])('outside of it, in place of an answer %s', async (_, statusCode, expected) => {
    const { warnings, call } = lambdaAmong(async () => ({ statusCode }), { outer: { after: early } });

    expect(await call()).toEqual({ statusCode: 304 });

    expect(warnings).toEqual(expected);
  });
});

describe('a middleware inside of it that throws in its `onError`', () => {
  test.each([
    ['frees the key of a run that failed', failing, 2],
    ['keeps the key of a run whose outcome is unknown', () => Promise.reject(new StoreError('down')), 1],
  ])('%s', async (_what, run, runs) => {
    const onError = () => Promise.reject(new Error('no log', { cause: new Error('no disk') }));
    const { handler, call } = lambdaAmong(run, { inner: { onError } });
    expect(await call()).toMatchObject({ message: 'no log' });
    await settle();
    await call();

    expect(handler).toHaveBeenCalledTimes(runs);
  });
});

describe('an early timeout of Middy', () => {
  const timeoutEarlyResponse = () => ({ statusCode: 408 });

  test('with an answer of its own is not recorded, and the key stays claimed', async () => {
    // With no more time left than Middy's margin its timer fires at once.
    const { handler, call } = lambdaAmong(never, { plugin: { timeoutEarlyResponse } });

    expect(await call('k', 5)).toEqual({ statusCode: 408 });
    expect(await call('k', 3_000)).toBeInstanceOf(InFlightError);

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('with a margin of its own is known by it', async () => {
    const timeoutEarlyInMillis = 800;
    const { handler, warnings, call } = lambdaAmong(never, {
      plugin: { timeoutEarlyInMillis, timeoutEarlyResponse },
      options: { timeoutEarlyInMillis },
    });

    expect(await call('k', 800)).toEqual({ statusCode: 408 });
    expect(await call('k', 3_000)).toBeInstanceOf(InFlightError);

    expect(handler).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([]);
  });

  test('is not mistaken for a handler that ends with time left', async () => {
    const { handler, call } = lambdaAmong(ok, { plugin: { timeoutEarlyResponse } });

    expect([await call(), await call()]).toEqual([{ statusCode: 200 }, { statusCode: 200 }]);

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('is assumed for any error that comes when the time is over', async () => {
    const { call } = lambdaAmong(() => Promise.reject(new Error('late')), { plugin: {} });
    await call('k', 5);

    expect(await call()).toBeInstanceOf(InFlightError);
  });
});

describe('a response of the handler', () => {
  test('that is a stream goes to the first caller alone', async () => {
    const body = Readable.from(['report']);
    const { handler, warnings, call } = lambdaAmong(async () => ({ statusCode: 200, body }));

    expect(await call()).toMatchObject({ body });
    expect(await call()).toBeInstanceOf(ResultNotStoredError);

    expect(handler).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([]);
  });

  test('that cannot be recorded goes to no caller, and the key stays claimed', async () => {
    const { handler, call } = lambdaAmong(async () => ({ statusCode: 200, body: 1n }));

    expect([await call(), await call()]).toEqual([
      expect.any(ResultNotStoredError),
      expect.any(ResultNotStoredError),
    ]);

    expect(handler).toHaveBeenCalledTimes(1);
  });

  test('of a failure frees the key though it could not be recorded', async () => {
    const { handler, call } = lambdaAmong(async () => ({ statusCode: 500, body: 1n }));
    await call();
    await call();

    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('is that of an unprotected run where the store fails and onStoreError says so', async () => {
    const { store, handler, warnings, call } = lambdaAmong(ok, {
      outer: { after: withCors },
      options: { onStoreError: 'run' },
    });
    store.put = () => Promise.reject(new StoreError('down'));
    await call();

    expect(await call()).toMatchObject({ statusCode: 200 });

    expect(handler).toHaveBeenCalledTimes(2);
    expect(warnings).toEqual([]);
  });
});

describe('the options', () => {
  test.each<object>([
    { timeoutEarlyInMillis: -1 },
    { timeoutEarlyInMillis: '5' },
    { onWarning: 'log' },
    { retries: 1 },
  ])('are checked: %j', (options) => {
    expect(() => lambdaAmong(ok, { options })).toThrow(InvalidOptionError);
  });
});
