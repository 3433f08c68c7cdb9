import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import type { EmfOptions } from '../../lib/telemetry/emf.ts';
import { invocationMetrics } from '../../lib/telemetry/invocation-metrics.ts';
import { withTelemetry } from '../../lib/telemetry/with-telemetry.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';
import { contextWith } from '../support/lambda-context.ts';
import { FALSY } from '../support/policy-events.ts';

const context = contextWith(2_000);
const missing = new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 });

function recorded(options: Partial<EmfOptions> = {}) {
  const clock = fakeClock();
  const lines: string[] = [];
  const emf = { namespace: 'Shop', clock, write: (line: string) => void lines.push(line), ...options };
  return { clock, lines, emf, read: () => lines.map(readEmf) };
}

describe('withTelemetry', () => {
  it('writes one line for an invocation, with nothing of its event or answer in it', async () => {
    const { clock, lines, emf, read } = recorded({ dimensions: { stage: 'prod' } });
    const lambda = withTelemetry(emf, async (_event: object, _context: object) => {
      await clock.advance(120);
      return { statusCode: 200, body: 'hunter2' };
    });

    expect(await lambda({ body: 'hunter2' }, context)).toEqual({ statusCode: 200, body: 'hunter2' });

    expect(read()).toMatchObject([
      {
        namespace: 'Shop',
        metrics: { Invocations: 1, Errors: 0, ColdStarts: 1, Duration: 120, RemainingTime: 2_000 },
        units: { Errors: 'Count', Duration: 'Milliseconds', RemainingTime: 'Milliseconds' },
        dimensions: { function: 'posts', stage: 'prod' },
      },
    ]);
    expect(lines.join()).not.toContain('hunter2');
  });

  it('counts the first invocation as a cold start and no other, also of those at once', async () => {
    for (const { emf, read } of [recorded(), recorded()]) {
      const lambda = withTelemetry(emf, async () => 'ok');
      await Promise.all([lambda({}, context), lambda({}, context)]);
      await lambda({}, context);
      expect(read().map(({ metrics }) => metrics['ColdStarts'])).toEqual([1, 0, 0]);
    }
  });

  it('measures invocations that run at once each by itself', async () => {
    const { clock, emf, read } = recorded();
    const ends = { a: Promise.withResolvers<string>(), b: Promise.withResolvers<string>() };
    const lambda = withTelemetry(emf, (event: 'a' | 'b', _context: object) => ends[event].promise);

    const a = lambda('a', context);
    await clock.advance(10);
    const b = lambda('b', context);
    await clock.advance(5);
    ends.b.resolve('b');
    await b;
    await clock.advance(100);
    ends.a.resolve('a');
    await a;

    expect(read().map(({ metrics }) => metrics['Duration'])).toEqual([5, 115]);
  });

  it.each<[string, unknown, number]>([
    ['a status of 200', { statusCode: 200 }, 0],
    ['a status of 499', { statusCode: 499 }, 0],
    ['a status of 500', { statusCode: 500 }, 1],
    ['nothing', undefined, 0],
    ['text', 'done', 0],
  ])('counts an answer with %s as it is: %s', async (_, answer, errors) => {
    const { emf, read } = recorded();
    expect(await withTelemetry(emf, async () => answer)({}, context)).toBe(answer);
    expect(read()).toMatchObject([{ metrics: { Errors: errors } }]);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => thrown(missing)],
    ['rejects', () => Promise.reject(missing)],
  ])('counts a handler that %s as failed, and hands the error on as it is', async (_, handle) => {
    const { emf, read } = recorded();
    await expect(withTelemetry(emf, handle)({}, context)).rejects.toBe(missing);
    expect(read()).toMatchObject([{ metrics: { Invocations: 1, Errors: 1 } }]);
  });

  it.each(FALSY)('counts a handler that rejects with %s as failed', async (_, error) => {
    const { emf, read } = recorded();
    await expect(withTelemetry(emf, () => Promise.reject(error))({}, context)).rejects.toBe(error);
    expect(read()).toMatchObject([{ metrics: { Errors: 1 } }]);
  });

  it('takes a handler that returns a value instead of a promise', async () => {
    const { emf, read } = recorded();
    expect(await withTelemetry(emf, () => 'done')({}, context)).toBe('done');
    expect(read()).toHaveLength(1);
  });

  it('hands on a stream, and an answer with one, unread', async () => {
    const { emf } = recorded();
    const stream = Readable.from(['a']);
    const answer = { statusCode: 200, body: stream };
    expect(await withTelemetry(emf, () => stream)({}, context)).toBe(stream);
    expect(await withTelemetry(emf, () => answer)({}, context)).toBe(answer);
    expect(stream.readableDidRead).toBe(false);
  });

  it('finds the context of a streaming handler behind its response stream', async () => {
    const { emf, read } = recorded();
    const responseStream = { write: () => true };
    const lambda = withTelemetry(
      emf,
      async (...args: [event: object, stream: object, context: object]) => args,
    );

    expect(await lambda({}, responseStream, context)).toEqual([{}, responseStream, context]);

    expect(read()).toMatchObject([{ metrics: { RemainingTime: 2_000 }, dimensions: { function: 'posts' } }]);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['null', null],
    ['undefined', undefined],
    ['a remaining time that is no number', { getRemainingTimeInMillis: () => Number.NaN }],
    ['a function name that is no text', { functionName: 7 }],
  ])('writes what is known where the context says %s', async (_, unknown) => {
    const { emf, read } = recorded();
    await withTelemetry(emf, async (_event: object, _context: unknown) => 'ok')({}, unknown);
    expect(read()).toMatchObject([{ metrics: { Invocations: 1 }, dimensions: {} }]);
    expect(read()[0]?.metrics).not.toHaveProperty('RemainingTime');
  });

  it('prefers dimensions of your own to the name of the function', async () => {
    const { emf, read } = recorded({ dimensions: { function: 'all' } });
    await withTelemetry(emf, async () => 'ok')({}, context);
    expect(read()).toMatchObject([{ dimensions: { function: 'all' } }]);
  });

  it.each<[string, Partial<EmfOptions>, object]>([
    [
      'the line cannot be written',
      { write: () => thrown(new Error('no disk')), onWarning: () => undefined },
      {},
    ],
    ['the context fails', {}, { getRemainingTimeInMillis: () => thrown(new Error('no time')) }],
    ['the clock fails', { clock: { ...fakeClock(), now: () => thrown(new Error('no time')) } }, {}],
  ])('hands the answer and the error on where %s', async (_, options, failing) => {
    const { emf } = recorded({ onWarning: () => undefined, ...options });
    expect(await withTelemetry(emf, async () => 'ok')({}, failing)).toBe('ok');
    await expect(withTelemetry(emf, () => thrown(missing))({}, failing)).rejects.toBe(missing);
  });

  it('refuses bad options', () => {
    expect(() => withTelemetry({ namespace: '' }, async () => 'ok')).toThrow(/expected `namespace`/);
  });
});

describe('invocationMetrics', () => {
  it('writes one line for an invocation that is ended twice', () => {
    const { emf, read } = recorded();
    const invocation = invocationMetrics(emf).begin({}, context);
    invocation.end({ response: 'ok' });
    invocation.end({ error: missing });
    expect(read()).toMatchObject([{ metrics: { Errors: 0 } }]);
  });
});

function thrown(error: unknown): never {
  throw error;
}
