import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { breaker } from '../../lib/middleware/breaker.ts';
import { correlation } from '../../lib/middleware/correlation.ts';
import { deadline } from '../../lib/middleware/deadline.ts';
import { health } from '../../lib/middleware/health.ts';
import { idempotency } from '../../lib/middleware/idempotency.ts';
import { telemetry } from '../../lib/middleware/telemetry.ts';
import { warmup } from '../../lib/middleware/warmup.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';
import { failing } from '../support/outcomes.ts';

const context = lambdaContext({ clock: fakeClock(), functionName: 'posts' });
const PING = { source: 'fibrin.warmup' };
const CHECK = { rawPath: '/health', requestContext: { http: { method: 'GET' } } };

const chain = (...all: middy.MiddlewareObj[]) =>
  all.reduce((lambda, each) => lambda.use(each), middy<unknown, unknown>({ timeoutEarlyInMillis: 0 }));
const ok = async (): Promise<unknown> => ({ statusCode: 200 });
const early = (statusCode: number) => async () => ({ statusCode });

type Place = readonly [string, middy.MiddlewareObj, () => Promise<unknown>];

const BEFORE: Place = ['before the handler', { before: early(304) }, ok];
const AFTER: Place = ['after the handler', { after: early(304) }, ok];
const TO_ERROR: Place = ['to an error', { onError: early(304) }, failing];
/** Where another middleware answers early, inside of the one that is tested. */
const PLACES = [BEFORE, AFTER, TO_ERROR];

/** Orders that are wrong are the subject here, and are warned of elsewhere. */
const silence = () => vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);

/** A breaker that one failure has opened, and whose next call is a probe. */
async function breakerDueForProbe(clock: FakeClock) {
  const own = circuitBreaker({
    name: 'posts',
    minimumCalls: 1,
    failureRatio: 0.05,
    openMs: 5_000,
    probesToClose: 1,
    clock,
  });
  await own.execute(failing).catch(() => undefined);
  await clock.advance(5_000);
  return own;
}

describe('a breaker outside of a middleware that answers early', () => {
  test('reports nothing of instant replays, neither at once nor when slowCallMs is over', async () => {
    silence();
    const clock = fakeClock();
    const store = memoryStore();
    const add = vi.spyOn(store, 'add');
    // With a chance of 0 it reports every call.
    const random = { ...seededRandom(1), next: () => 0 };
    const shared = sharedBreaker({ store, name: 'orders', slowCallMs: 500, clock, random });
    const lambda = chain(
      breaker(shared),
      idempotency<unknown>({
        store: memoryStore(),
        operation: 'order',
        key: () => 'k',
        clock,
        onWarning: () => undefined,
      }),
    ).handler(ok);
    await lambda({}, context);
    add.mockClear();

    for (let replays = 0; replays < 24; replays++) {
      expect(await lambda({}, context)).toEqual({ statusCode: 200 });
      expect(clock.pending).toBe(0);
      await clock.advance(100);
    }
    await clock.advance(10_000);

    expect(add).not.toHaveBeenCalled();
    expect(shared.state).toBe('closed');
    expect(await lambda({}, context)).toEqual({ statusCode: 200 });
  });

  test.each([
    ['a ping', warmup<unknown, unknown>(), PING],
    ['a health check', health<unknown, unknown>(), CHECK],
  ])('gives the probe back that %s had claimed', async (_what, answering, event) => {
    silence();
    const clock = fakeClock();
    const own = await breakerDueForProbe(clock);
    const handler = vi.fn(ok);
    const lambda = chain(breaker(own), answering).handler(handler);

    await lambda(event, context);
    expect(own.state).toBe('half-open');
    await lambda({}, context);

    expect(own.state).toBe('closed');
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['nothing', 'before the handler', BEFORE, 'half-open'],
    ['a success', 'after the handler', AFTER, 'closed'],
    ['a failure', 'to an error of the handler', TO_ERROR, 'open'],
  ] as const)('records %s where that answers %s', async (_what, _where, place, state) => {
    const clock = fakeClock();
    const own = await breakerDueForProbe(clock);
    const [, answering, handle] = place;

    await chain(deadline<unknown, unknown>({ clock }), breaker(own), answering).handler(handle)({}, context);

    expect(own.state).toBe(state);
  });
});

describe('telemetry outside of a middleware that answers early', () => {
  function measured() {
    const lines: string[] = [];
    const measuring = telemetry<unknown, unknown>({
      ...{ namespace: 'Shop', clock: fakeClock() },
      write: (line) => lines.push(line),
      onWarning: () => undefined,
    });
    return { measuring, read: () => lines.map((line) => readEmf(line).metrics) };
  }

  test.each(PLACES)('writes one line for an answer %s', async (_where, answering, handle) => {
    const { measuring, read } = measured();

    await chain(measuring, answering).handler(handle)({}, context);

    expect(read()).toMatchObject([{ Invocations: 1, Errors: 0 }]);
  });

  test('counts an early answer of 500 or more as an error', async () => {
    const { measuring, read } = measured();

    await chain(measuring, { before: early(503) }).handler(ok)({}, context);

    expect(read()).toMatchObject([{ Invocations: 1, Errors: 1 }]);
  });

  test('counts an error where a middleware inside fails to handle one', async () => {
    const { measuring, read } = measured();
    const lambda = chain(measuring, { onError: failing }).handler(failing);

    await expect(lambda({}, context)).rejects.toThrow('outage');

    expect(read()).toMatchObject([{ Invocations: 1, Errors: 1 }]);
  });
});

describe('correlation outside of a middleware that answers early', () => {
  const event = { headers: { 'x-correlation-id': 'a' } };

  test.each(PLACES)('brings the id back in an answer %s', async (_where, answering, handle) => {
    const lambda = chain(correlation<unknown, unknown>(), answering).handler(handle);

    expect(await lambda(event, context)).toEqual({ statusCode: 304, headers: { 'x-correlation-id': 'a' } });
  });

  test('brings the id back in a health check', async () => {
    const lambda = chain(correlation<unknown, unknown>(), health<unknown, unknown>()).handler(ok);

    expect(await lambda({ ...CHECK, ...event }, context)).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'x-correlation-id': 'a' },
    });
  });

  test('leaves an early answer alone that is not HTTP', async () => {
    const lambda = chain(correlation<unknown, unknown>(), warmup<unknown, unknown>()).handler(ok);

    expect(await lambda({ ...PING, ...event }, context)).toEqual({ environment: expect.any(String) });
  });

  test('is one of several that each end once with the same early answer, the innermost first', async () => {
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    const lambda = chain(
      correlation<unknown, unknown>({ header: 'x-outer-id' }),
      telemetry<unknown, unknown>({ namespace: 'Shop', write }),
      correlation<unknown, unknown>({ header: 'x-inner-id' }),
      { before: early(304) },
    ).handler(ok);

    expect(await lambda({ headers: { 'x-outer-id': 'a', 'x-inner-id': 'b' } }, context)).toEqual({
      statusCode: 304,
      headers: { 'x-outer-id': 'a', 'x-inner-id': 'b' },
    });
    expect(lines).toHaveLength(1);
  });
});
