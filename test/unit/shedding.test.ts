import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/index.ts';
import { hasCode } from '../../lib/core/errors.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { toProblem } from '../../lib/core/problem.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { OverloadedError } from '../../lib/middleware/index.ts';
import { withBreaker } from '../../lib/middleware/with-breaker.ts';
import { withShedding } from '../../lib/middleware/with-shedding.ts';
import type { SheddingOptions } from '../../lib/shedding/options.ts';
import { overloaded } from '../../lib/shedding/overloaded.ts';
import type { Priority } from '../../lib/shedding/priority.ts';
import { fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';
import { httpEvent } from '../support/http-event.ts';

interface Request {
  readonly id: string;
  readonly priority?: Priority;
}

/** A handler whose requests end when a test says so. */
function setUp(options: SheddingOptions<Request, unknown> = {}) {
  const clock = fakeClock();
  const begun: string[] = [];
  const ended: string[] = [];
  const events: PolicyEvent[] = [];
  const works = new Map<string, PromiseWithResolvers<string>>();
  const handler = withShedding<Request, unknown, Promise<string>>(
    {
      ...{ clock, random: seededRandom(1), priority: ({ priority }) => priority },
      onEvent: (event) => events.push(event),
      ...options,
    },
    ({ id }) => {
      begun.push(id);
      const work = Promise.withResolvers<string>();
      works.set(id, work);
      return work.promise;
    },
  );
  const send = (
    id: string,
    priority?: Priority,
    context: unknown = lambdaContext({ clock, remainingMs: 30_000 }),
  ) => {
    const answer = handler({ id, ...(priority && { priority }) }, context);
    answer.then(
      () => ended.push(`${id} served`),
      (error) =>
        ended.push(`${id} ${hasCode(error, 'OVERLOADED') ? (error as OverloadedError).reason : error}`),
    );
    return answer;
  };
  const end = async (id: string) => {
    works.get(id)?.resolve(id);
    await clock.advance(0);
  };
  return { clock, begun, ended, events, send, end };
}

const VARIABLES = [
  'AWS_LAMBDA_MAX_CONCURRENCY',
  'AWS_LAMBDA_NODEJS_WORKER_COUNT',
  'FIBRIN_RESERVED_CONCURRENCY',
];

beforeEach(() => {
  for (const variable of VARIABLES) vi.stubEnv(variable, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('requests above the limit', () => {
  test('wait, and begin by their priority and then in the order in which they came', async () => {
    const { begun, send, end } = setUp({ limit: 1 });
    void send('first');
    void send('low', 'low');
    void send('normal');
    void send('high', 'high');
    void send('high 2', 'high');
    for (const id of ['first', 'high', 'high 2', 'normal', 'low']) await end(id);

    expect(begun).toEqual(['first', 'high', 'high 2', 'normal', 'low']);
  });

  test('are shed where the line has no room, of which low ones fill a quarter and normal ones three quarters', async () => {
    const { ended, events, clock, send } = setUp({ limit: 1, queueLimit: 8 });
    void send('first');
    for (const id of ['low 1', 'low 2', 'low 3']) void send(id, 'low').catch(() => undefined);
    for (let n = 1; n <= 5; n++) void send(`normal ${n}`).catch(() => undefined);
    await clock.advance(0);

    // The fifth normal one takes the place of the low one that came last.
    expect(ended).toEqual(['low 3 queue', 'low 2 queue']);
    expect(events).toEqual([
      { kind: 'shed', name: 'handler', priority: 'low', reason: 'queue' },
      { kind: 'shed', name: 'handler', priority: 'low', reason: 'queue' },
    ]);
  });

  test('are shed last where they are high: only others of them can fill the line', async () => {
    const { ended, clock, send } = setUp({ limit: 1, queueLimit: 4, name: 'orders' });
    void send('first');
    void send('low', 'low').catch(() => undefined);
    for (const id of ['high 1', 'high 2', 'high 3', 'high 4', 'high 5'])
      void send(id, 'high').catch(() => undefined);
    await clock.advance(0);

    expect(ended.sort()).toEqual(['high 5 queue', 'low queue']);
  });

  test('leave room for others of what Managed Instances send, where they are low', async () => {
    vi.stubEnv('AWS_LAMBDA_MAX_CONCURRENCY', '16');
    const { begun, ended, clock, send } = setUp();
    for (let n = 0; n < 16; n++) void send(`low ${n}`, 'low').catch(() => undefined);
    void send('high', 'high').catch(() => undefined);
    await clock.advance(0);

    expect(begun).toHaveLength(12);
    expect(ended).toEqual(['low 13 queue', 'low 14 queue', 'low 15 queue']);
  });

  test('are shed when their turn has not come in time', async () => {
    const { clock, ended, send } = setUp({ limit: 1, queueTimeoutMs: 200 });
    void send('first');
    void send('late', 'high').catch(() => undefined);
    await clock.advance(199);
    expect(ended).toEqual([]);
    await clock.advance(1);

    expect(ended).toEqual(['late time']);
    expect(clock.pending).toBe(0);
  });

  test('are shed at once where their turn would come too late, by what requests took lately', async () => {
    const { clock, ended, send, end } = setUp({ limit: 2, queueTimeoutMs: 1_000 });
    void send('slow');
    await clock.advance(900);
    await end('slow');
    for (const id of ['one', 'two', 'three']) void send(id).catch(() => undefined);
    void send('four').catch(() => undefined);
    void send('five', 'high').catch(() => undefined);
    await clock.advance(0);

    // They begin every 450 ms, a high one before the third and the fourth.
    expect(ended).toEqual(['slow served']);
    void send('six').catch(() => undefined);
    await clock.advance(0);
    expect(ended).toEqual(['slow served', 'six time']);
  });

  test('wait no longer than their invocation lasts, and are shed at once where that is over', async () => {
    const { clock, ended, send } = setUp({ limit: 1 });
    void send('first');
    void send('short', 'high', lambdaContext({ clock, remainingMs: 50 })).catch(() => undefined);
    void send('over', 'high', lambdaContext({ clock, remainingMs: 0 })).catch(() => undefined);
    await clock.advance(0);
    expect(ended).toEqual(['over time']);
    await clock.advance(50);

    expect(ended).toEqual(['over time', 'short time']);
  });

  test('wait no longer than the deadline around them leaves', async () => {
    const clock = fakeClock();
    const never = new Promise<never>(() => undefined);
    const handler = withDeadline(
      { clock, reserveMs: 300 },
      withShedding<object, unknown, Promise<never>>({ clock, limit: 1 }, () => never),
    );
    void handler({}, lambdaContext({ clock, remainingMs: 30_000 })).catch(() => undefined);
    const waits = handler({}, lambdaContext({ clock, remainingMs: 700 })).catch((error) => error.code);
    await clock.advance(400);

    expect(await waits).toBe('OVERLOADED');
  });

  test('are served after a freeze by who is in time, without a timer', async () => {
    const { clock, begun, ended, send, end } = setUp({ limit: 1 });
    void send('first');
    void send('frozen', 'high').catch(() => undefined);
    await clock.freeze(60_000);
    await end('first');
    void send('next');
    await clock.advance(0);

    expect(begun).toEqual(['first', 'next']);
    expect(ended).toEqual(['frozen time', 'first served']);
  });
});

test('A slot is free again when its invocation is over, though its handler has not ended', async () => {
  const { clock, begun, send } = setUp({ limit: 1 });
  void send('hangs', 'high', lambdaContext({ clock, remainingMs: 3_000 }));
  await clock.freeze(3_000);
  void send('next', 'low');
  void send('waits');
  await clock.advance(0);

  expect(begun).toEqual(['hangs', 'next']);
});

test('A handler that ends after its slot was freed frees no other one', async () => {
  const { clock, begun, send, end } = setUp({ limit: 1 });
  void send('hangs', 'high', lambdaContext({ clock, remainingMs: 3_000 }));
  await clock.advance(3_000);
  void send('next');
  await end('hangs');
  void send('waits').catch(() => undefined);
  await clock.advance(0);

  expect(begun).toEqual(['hangs', 'next']);
});

test('What a handler throws is thrown, and its slot is free', async () => {
  const handler = withShedding({ limit: 1, queueLimit: 0 }, () => {
    throw new RangeError('out of range');
  });
  await expect(handler({}, {})).rejects.toThrow('out of range');
  await expect(handler({}, {})).rejects.toThrow('out of range');
});

test('A handler of a response stream has its context after the stream', async () => {
  const clock = fakeClock();
  const stream = { write: () => true };
  const handler = withShedding<object, typeof stream, unknown, unknown>(
    { clock, limit: 1 },
    async (_event, out) => out,
  );

  expect(await handler({}, stream, lambdaContext({ clock }))).toBe(stream);
});

describe('a request that is never shed', () => {
  const never = new Promise<never>(() => undefined);
  const check = httpEvent({ rawPath: '/health', requestContext: { http: { method: 'GET' } } });

  test.each<[string, unknown, SheddingOptions]>([
    ['a warm-up ping', { source: 'fibrin.warmup' }, {}],
    ['a health check of an HTTP API', check, {}],
    ['a health check of a REST API', { httpMethod: 'GET', path: '/health' }, {}],
    [
      'one that is exempt',
      { path: '/live' },
      { isExempt: (event) => (event as { path?: string }).path === '/live' },
    ],
    ['a warm-up ping where others are exempt', { source: 'fibrin.warmup' }, { isExempt: () => false }],
  ])('is %s, which takes no slot', async (_what, event, options) => {
    let calls = 0;
    const handler = withShedding({ limit: 1, queueLimit: 0, ...options }, () => {
      calls++;
      return never;
    });
    for (const given of [event, event, {}]) void handler(given, {});
    await expect(handler({}, {})).rejects.toMatchObject({ code: 'OVERLOADED' });

    expect(calls).toBe(3);
  });

  test.each([
    ['another method', httpEvent({ rawPath: '/health', requestContext: { http: { method: 'POST' } } })],
    ['another path', httpEvent({ rawPath: '/health/deep', requestContext: { http: { method: 'GET' } } })],
    ['a header', httpEvent({ headers: { path: '/health', source: 'fibrin.warmup' } })],
  ])('is not one by %s', async (_what, event) => {
    const handler = withShedding({ limit: 1, queueLimit: 0 }, () => never);
    void handler(event, {});
    await expect(handler(event, {})).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('low requests while a breaker is not closed', () => {
  test('are shed, all but one a second, by which the breaker probes', async () => {
    const clock = fakeClock();
    const posts = circuitBreaker({ name: 'posts', clock, openMs: 10_000 });
    const handler = withShedding(
      {
        clock,
        breakers: [circuitBreaker({ name: 'users' }), posts],
        priority: ({ priority }: Request) => priority,
      },
      () => posts.execute(() => 'fine'),
    );
    const codes = async (priority: Priority, times = 3) => {
      const found: unknown[] = [];
      for (let n = 0; n < times; n++)
        found.push(await handler({ id: '', priority }, {}).catch((error) => error.code));
      return found;
    };
    expect(await codes('low')).toEqual(['fine', 'fine', 'fine']);
    await posts.force('open');
    expect(await codes('low')).toEqual(['BREAKER_OPEN', 'OVERLOADED', 'OVERLOADED']);
    expect(await codes('normal', 1)).toEqual(['BREAKER_OPEN']);
    expect(await codes('high', 1)).toEqual(['BREAKER_OPEN']);
    await clock.freeze(1_000);
    expect(await codes('low')).toEqual(['BREAKER_OPEN', 'OVERLOADED', 'OVERLOADED']);
    await posts.force('closed');
    expect(await codes('low')).toEqual(['fine', 'fine', 'fine']);
  });

  test('close a breaker that they alone use', async () => {
    const clock = fakeClock();
    const posts = circuitBreaker({ name: 'posts', clock, openMs: 5_000 });
    let fails = true;
    const handler = withShedding({ clock, breakers: [posts], priority: () => 'low' as const }, () =>
      posts.execute(() =>
        fails ? Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' })) : 'fine',
      ),
    );
    for (let n = 0; n < 20; n++) await handler({}, {}).catch(() => undefined);
    expect(posts.state).toBe('open');
    fails = false;
    for (let n = 0; n < 20; n++) {
      await clock.advance(1_000);
      await handler({}, {}).catch(() => undefined);
    }

    expect(posts.state).toBe('closed');
  });
});

describe('a request that is shed', () => {
  test('is answered with 503 and a wait of half to one and a half of what is set', async () => {
    const { send } = setUp({ limit: 1, queueLimit: 0, retryAfterMs: 10_000 });
    void send('first');
    const waits: number[] = [];
    for (let n = 0; n < 50; n++) {
      const error = await send('next').catch((thrown) => thrown);
      expect(error).toBeInstanceOf(OverloadedError);
      waits.push(error.retryAfterMs);
      const { statusCode, headers, body } = toProblem(error);
      expect(statusCode).toBe(503);
      expect(headers['retry-after']).toBe(String(Math.ceil(error.retryAfterMs / 1_000)));
      expect(JSON.parse(body)).toMatchObject({ status: 503, code: 'OVERLOADED' });
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...waits)).toBeLessThan(15_000);
    expect(new Set(waits).size).toBeGreaterThan(40);
  });

  test.each(['breaker', 'capacity', 'queue', 'time'] as const)(
    'has the same error as one with a stack, where the reason is %s',
    (reason) => {
      const [quick, made] = [overloaded(reason, 7), new OverloadedError(reason, 7)];
      expect({ ...quick }).toEqual({ ...made });
      expect([quick.message, quick.name, String(quick), quick.isFibrinError, quick.statusCode]).toEqual([
        ...[made.message, made.name, String(made), made.isFibrinError, made.statusCode],
      ]);
      expect(quick.stack).toBe(String(made));
    },
  );

  test('is nothing to a breaker around it', async () => {
    const own = circuitBreaker({ name: 'handler' });
    const never = new Promise<never>(() => undefined);
    const handler = withBreaker(
      own,
      withShedding({ limit: 1, queueLimit: 0 }, () => never),
    );
    void handler({}, {});
    for (let n = 0; n < 100; n++) await handler({}, {}).catch(() => undefined);

    expect([own.state, own.isInDoubt]).toEqual(['closed', false]);
  });

  test('is shed whatever its listener throws', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const onEvent = () => {
      throw new Error('broken');
    };
    const { send } = setUp({ limit: 1, queueLimit: 0, onEvent, name: 'throwing' });
    void send('first');
    await expect(send('next')).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('limits that are not set', () => {
  /** How many of twenty requests begin at once, and how many of them are shed. */
  async function atOnce(options: SheddingOptions<Request, unknown> = {}) {
    const { begun, ended, clock, send } = setUp(options);
    for (let n = 0; n < 20; n++) void send(`${n}`, 'high').catch(() => undefined);
    await clock.advance(0);
    return { begun: begun.length, shed: ended.length };
  }

  test.each<[string, Record<string, string>, SheddingOptions<Request, unknown>, object]>([
    ['nothing outside of Managed Instances', {}, {}, { begun: 20, shed: 0 }],
    [
      'three quarters of what Managed Instances send',
      { AWS_LAMBDA_MAX_CONCURRENCY: '8' },
      {},
      { begun: 6, shed: 12 },
    ],
    ['one at least', { AWS_LAMBDA_MAX_CONCURRENCY: '1' }, {}, { begun: 1, shed: 19 }],
    [
      'that of one of several threads',
      { AWS_LAMBDA_MAX_CONCURRENCY: '16', AWS_LAMBDA_NODEJS_WORKER_COUNT: '4' },
      {},
      { begun: 3, shed: 16 },
    ],
    [
      'nothing where the variable is no number',
      { AWS_LAMBDA_MAX_CONCURRENCY: 'many' },
      {},
      { begun: 20, shed: 0 },
    ],
    ['what is set instead', { AWS_LAMBDA_MAX_CONCURRENCY: '8' }, { limit: 2 }, { begun: 2, shed: 12 }],
  ])('are %s', async (_what, variables, options, expected) => {
    for (const [variable, value] of Object.entries(variables)) vi.stubEnv(variable, value);
    expect(await atOnce(options)).toEqual(expected);
  });
});

describe('options', () => {
  test.each<[string, object, string]>([
    ['an unknown one', { limits: 4 }, 'unknown option `limits`'],
    ['limit', { limit: 0 }, '`limit` to be an integer from 1 to 10000, got 0'],
    ['queueLimit', { queueLimit: -1 }, '`queueLimit` to be an integer from 0 to 10000, got -1'],
    [
      'queueTimeoutMs',
      { queueTimeoutMs: 0 },
      '`queueTimeoutMs` to be a number of milliseconds from 1 to 60000',
    ],
    ['reservedConcurrency', { reservedConcurrency: 1.5 }, '`reservedConcurrency` to be an integer from 1'],
    ['retryAfterMs', { retryAfterMs: Number.NaN }, '`retryAfterMs` to be a number of milliseconds'],
    ['breakers', { breakers: [{ name: 'posts' }] }, '`breakers` to be an array of breakers, got an array'],
    [
      'breakers',
      { breakers: circuitBreaker({ name: 'posts' }) },
      '`breakers` to be an array of breakers, got an object',
    ],
    ['priority', { priority: 'high' }, '`priority` to be a function, got "high"'],
    ['isExempt', { isExempt: /health/ }, '`isExempt` to be a function'],
    ['name', { name: '' }, '`name` to be a name'],
  ])('are refused: %s', (_what, options, message) => {
    expect(() => withShedding(options as SheddingOptions, () => 'fine')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });
});
