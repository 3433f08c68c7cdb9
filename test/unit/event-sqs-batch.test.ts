import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { invocationContext } from '../../lib/core/invocation-context.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { type SqsBatchOptions, type SqsMessage, sqsBatch } from '../../lib/events/sqs-batch.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';
import { fakeClock, lambdaContext, settle } from '../../lib/testing/index.ts';

interface Message extends SqsMessage {
  readonly body: string;
}
type Options = SqsBatchOptions<Message>;

const ARN = 'arn:aws:sqs:eu-west-1:1:orders';
const message = (body: string): Message => ({ messageId: `m-${body}`, body, eventSourceARN: ARN });
/** `b2` is the second message of the group b. */
const fifo = (body: string): Message => ({
  ...message(body),
  eventSourceARN: `${ARN}.fifo`,
  attributes: { MessageGroupId: body.slice(0, 1), SequenceNumber: '1' },
});
const reported = (...bodies: readonly string[]) => ({
  batchItemFailures: bodies.map((body) => ({ itemIdentifier: `m-${body}` })),
});
const quiet = { onFailure: () => undefined };

/** A handler of messages that fails for some, and what it has done. */
function failing(errors: Readonly<Record<string, unknown>>) {
  const done: string[] = [];
  const handle = async ({ body }: Message) => {
    await settle();
    if (body in errors) throw errors[body];
    done.push(body);
  };
  return { done, handle };
}

beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue(undefined));
afterEach(() => void vi.restoreAllMocks());

describe('a batch of a standard queue', () => {
  it('reports the records that failed, in their order, and handles the others', async () => {
    const { done, handle } = failing({ b: new Error('poison'), d: null });
    const failures: unknown[] = [];
    const handler = sqsBatch(handle, { onFailure: ({ body }, error) => failures.push([body, error]) });

    const answer = await handler({ Records: ['a', 'b', 'c', 'd'].map(message) }, {});

    expect(answer).toEqual(reported('b', 'd'));
    expect(done).toEqual(['a', 'c']);
    expect(failures).toEqual([
      ['b', new Error('poison')],
      ['d', null],
    ]);
  });

  it('reports nothing for an empty batch', async () => {
    expect(await sqsBatch(failing({}).handle)({ Records: [] }, {})).toEqual(reported());
  });

  it('handles no more records at once than its concurrency, 10 by default', async () => {
    for (const [options, expected] of [[{}, 10] as const, [{ concurrency: 3 }, 3] as const]) {
      let running = 0;
      let most = 0;
      const handler = sqsBatch(async (_: Message) => {
        most = Math.max(most, ++running);
        await settle();
        running--;
      }, options);
      const Records = Array.from({ length: 1_000 }, (_, index) => message(`${index}`));

      expect(await handler({ Records }, {})).toEqual(reported());

      expect(most).toBe(expected);
    }
  });

  it('promises no order to message groups of a standard queue, which are there for fairness', async () => {
    const { done, handle } = failing({ a1: new Error('poison') });
    const fair = (body: string): Message => ({ ...message(body), attributes: { MessageGroupId: 'a' } });

    expect(await sqsBatch(handle, quiet)({ Records: ['a1', 'a2'].map(fair) }, {})).toEqual(reported('a1'));

    expect(done).toEqual(['a2']);
  });

  it('reports a record whose handler throws before it returns a promise', async () => {
    const handler = sqsBatch<Message, unknown>(() => {
      throw new TypeError('no promise yet');
    }, quiet);

    expect(await handler({ Records: ['a', 'b'].map(message) }, {})).toEqual(reported('a', 'b'));
  });

  it('logs the name and the code of an error, and never its message or the body', async () => {
    const { handle } = failing({ hunter2: Object.assign(new SyntaxError('hunter2'), { code: 'BAD' }) });

    await sqsBatch(handle)({ Records: [{ ...message('hunter2'), messageId: 'm-1' }] }, {});

    expect(vi.mocked(console.error).mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      {
        ...{ level: 'ERROR', message: 'sqsBatch: a record failed', error: 'SyntaxError BAD', record: 'm-1' },
        stack: expect.stringContaining('event-sqs-batch.test.ts'),
      },
    ]);
  });

  it('logs what caused an error, and no stack of one that says by its code where it comes from', async () => {
    const cause = Object.assign(new Error('hunter2'), { code: 'ECONNREFUSED' });
    const { handle } = failing({ a: new FibrinError('SHOP_DOWN', 'hunter2', { cause }) });

    await sqsBatch(handle)({ Records: [message('a')] }, {});

    expect(JSON.parse(String(vi.mocked(console.error).mock.calls[0]?.[0]))).toEqual({
      ...{
        level: 'ERROR',
        message: 'sqsBatch: a record failed',
        error: 'FibrinError SHOP_DOWN',
        record: 'm-a',
      },
      causes: ['Error ECONNREFUSED'],
    });
  });

  it.each<[string, Options]>([
    ['throws', { onFailure: () => expect.fail('no log') }],
    ['rejects', { onFailure: () => Promise.reject(new Error('no log')) }],
    ['is deferVisibility and rejects', { deferVisibility: () => Promise.reject(new Error('no queue')) }],
    ['is deferVisibility and throws', { deferVisibility: () => expect.fail('no queue') }],
  ])('reports only what failed when a callback %s', async (_, options) => {
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { handle } = failing({ b: new InFlightError('ship', 1) });

    expect(await sqsBatch(handle, options)({ Records: ['a', 'b', 'c'].map(message) }, {})).toEqual(
      reported('b'),
    );
  });

  it.each<[object, RegExp]>([
    [{ concurrency: 0 }, /`concurrency` to be an integer from 1 to 1000/],
    [{ reserveMs: -1 }, /`reserveMs`/],
    [{ colour: 'red' }, /unknown option `colour`/],
  ])('refuses the options %j', (options, reason) => {
    expect(() => sqsBatch(async () => undefined, options)).toThrow(reason);
  });

  it('refuses what is no function', () => {
    expect(() => sqsBatch(undefined as never)).toThrow('sqsBatch: expected `handle` to be a function');
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [{ rawPath: '/orders' }, 'undefined'],
    [{ Records: 'all' }, '"all"'],
  ])('refuses an event of another kind: %j', async (event, got) => {
    await expect(sqsBatch(async () => undefined)(event as never, {})).rejects.toMatchObject({
      code: 'NOT_A_BATCH',
      message: `sqsBatch: expected the event of an event source mapping, with an array of \`Records\`, got ${got}`,
    });
  });
});

describe('a batch of a FIFO queue', () => {
  it('handles each group in order, and the groups side by side', async () => {
    const { done, handle } = failing({});

    await sqsBatch(handle)({ Records: ['a1', 'a2', 'b1', 'a3', 'b2'].map(fifo) }, {});

    expect(done.slice(0, 2)).toEqual(['a1', 'b1']);
    expect(done.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(done.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2']);
  });

  it('reports the rest of a group after a failure in it, without handling it', async () => {
    const { done, handle } = failing({ a2: new Error('poison') });
    const failures: unknown[] = [];
    const onFailure = ({ body }: Message, error: unknown) =>
      failures.push([body, (error as { code?: string }).code]);

    const answer = await sqsBatch(handle, { onFailure })(
      { Records: ['a1', 'b1', 'a2', 'a3', 'b2', 'a4'].map(fifo) },
      {},
    );

    expect(answer).toEqual(reported('a2', 'a3', 'a4'));
    expect(done).toEqual(['a1', 'b1', 'b2']);
    expect(failures).toEqual([
      ['a2', undefined],
      ['a3', 'RECORD_HELD_BACK'],
      ['a4', 'RECORD_HELD_BACK'],
    ]);
  });

  it('is known by the sequence number where a record does not say which queue it is of', async () => {
    const { handle } = failing({ a1: new Error('poison') });
    const Records = ['a1', 'a2'].map(fifo).map(({ eventSourceARN: _, ...record }) => record);

    expect(await sqsBatch(handle, quiet)({ Records }, {})).toEqual(reported('a1', 'a2'));
  });
});

describe('deferVisibility', () => {
  async function deferredOf(records: readonly Message[], errors: Readonly<Record<string, unknown>>) {
    const deferred: unknown[] = [];
    const deferVisibility = async ({ body }: Message, seconds: number) => deferred.push([body, seconds]);
    await sqsBatch(failing(errors).handle, { ...quiet, deferVisibility })({ Records: records }, {});
    return deferred;
  }

  it('is called for what is blocked by a run elsewhere, until that must be over, and for nothing else', async () => {
    const errors = {
      a: new InFlightError('ship', 12_300),
      b: new Error('poison'),
      c: new InFlightError('ship', 100 * 3_600_000),
      d: Object.assign(new Error('x'), { leaseLeftMs: Number.NaN }),
      e: null,
      f: new InFlightError('ship', -5),
    };

    expect(await deferredOf(Object.keys(errors).map(message), errors)).toEqual([
      ['a', 13],
      ['c', 43_200],
      ['f', 1],
    ]);
  });

  it('is called for the rest of the group too, which would keep the group back for longer', async () => {
    const errors = { a2: new InFlightError('ship', 5_000) };

    expect(await deferredOf(['a1', 'a2', 'b1', 'a3'].map(fifo), errors)).toEqual([
      ['a2', 5],
      ['a3', 5],
    ]);
  });
});

describe('the time of a batch', () => {
  it('ends before that of the invocation: what has not ended is reported, and nothing more begins', async () => {
    const clock = fakeClock();
    const begun: string[] = [];
    const handler = sqsBatch(
      async ({ body }: Message) => {
        begun.push(body);
        if (body === 'hangs') await new Promise(() => undefined);
      },
      { ...quiet, clock, concurrency: 1 },
    );

    const answer = handler(
      { Records: ['a', 'hangs', 'c', 'd'].map(message) },
      lambdaContext({ clock, remainingMs: 3_000 }),
    );
    await clock.advance(2_700 + 25);

    expect(await answer).toEqual(reported('hangs', 'c', 'd'));
    expect(begun).toEqual(['a', 'hangs']);
    expect(clock.pending).toBe(0);
  });

  it('is that of the calls in it', async () => {
    const clock = fakeClock();
    const ends: unknown[] = [];
    const handler = sqsBatch(
      async (_: Message) => void ends.push((invocationContext()?.endsAt ?? 0) - clock.monotonic()),
      { clock, reserveMs: 500 },
    );

    await handler({ Records: [message('a')] }, lambdaContext({ clock, remainingMs: 3_000 }));

    expect(ends).toEqual([2_500]);
  });

  it('leaves withDeadline around it the time to answer', async () => {
    const clock = fakeClock();
    const hangs = sqsBatch((_: Message) => new Promise(() => undefined), { ...quiet, clock });
    const handler = withDeadline({ clock }, hangs);

    const answer = handler({ Records: [message('a')] }, lambdaContext({ clock, remainingMs: 3_000 }));
    await clock.advance(2_700);

    expect(await answer).toEqual(reported('a'));
  });

  it('bounds deferVisibility too', async () => {
    const clock = fakeClock();
    const handler = sqsBatch((_: Message) => Promise.reject(new InFlightError('ship', 1_000)), {
      ...{ ...quiet, clock },
      deferVisibility: () => new Promise(() => undefined),
    });

    const answer = handler({ Records: [message('a')] }, lambdaContext({ clock, remainingMs: 3_000 }));
    await clock.advance(2_850);

    expect(await answer).toEqual(reported('a'));
  });
});
