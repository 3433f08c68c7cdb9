import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StreamRecord, streamBatch } from '../../lib/events/stream-batch.ts';
import { fakeClock, lambdaContext, settle } from '../../lib/testing/index.ts';

const kinesis = (number: number): StreamRecord => ({ kinesis: { sequenceNumber: `${number}` } });
const dynamo = (number: number): StreamRecord => ({ dynamodb: { SequenceNumber: `${number}` } });
const from = (number: number) => ({ batchItemFailures: [{ itemIdentifier: `${number}` }] });
const numberOf = (record: StreamRecord) =>
  Number(record.kinesis?.sequenceNumber ?? record.dynamodb?.SequenceNumber);
const quiet = { onFailure: () => undefined };

/** Handles records, all but some. */
function failingAt(...numbers: readonly number[]) {
  const done: number[] = [];
  let running = 0;
  const handle = async (record: StreamRecord) => {
    expect(++running).toBe(1);
    await settle();
    running--;
    if (numbers.includes(numberOf(record))) throw new Error('poison');
    done.push(numberOf(record));
  };
  return { done, handle };
}

beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue(undefined));
afterEach(() => void vi.restoreAllMocks());

describe.each([
  ['Kinesis', kinesis],
  ['DynamoDB', dynamo],
])('a batch of a %s stream', (_, record) => {
  it('is handled one record after the other', async () => {
    const { done, handle } = failingAt();

    expect(await streamBatch(handle)({ Records: [1, 2, 3].map(record) }, {})).toEqual({
      batchItemFailures: [],
    });

    expect(done).toEqual([1, 2, 3]);
  });

  it('stops at the first record that fails, and reports its sequence number alone', async () => {
    const { done, handle } = failingAt(2, 3);

    expect(await streamBatch(handle)({ Records: [1, 2, 3, 4].map(record) }, {})).toEqual(from(2));

    expect(done).toEqual([1]);
    expect(vi.mocked(console.error).mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      {
        ...{ level: 'ERROR', message: 'streamBatch: a record failed', error: 'Error', record: '2' },
        stack: expect.stringContaining('event-stream-batch.test.ts'),
      },
    ]);
  });
});

describe('a batch of a stream', () => {
  it('may be empty', async () => {
    expect(await streamBatch(failingAt().handle)({ Records: [] }, {})).toEqual({ batchItemFailures: [] });
  });

  it.each([{}, { kinesis: {} }, { dynamodb: { SequenceNumber: '' } }, { dynamodb: undefined }])(
    'fails as a whole when it is to report a record without a sequence number: %j',
    async (record) => {
      const poison = new Error('poison');
      const handle = async (each: StreamRecord) => {
        if (each === record) throw poison;
      };
      const handler = streamBatch(handle, quiet);

      await expect(handler({ Records: [kinesis(1), record] }, {})).rejects.toMatchObject({
        code: 'NO_SEQUENCE_NUMBER',
        cause: poison,
      });
    },
  );

  it('is refused where the event has no records, and what is no function is, too', async () => {
    expect(() => streamBatch(undefined as never)).toThrow('streamBatch: expected `handle` to be a function');
    await expect(streamBatch(failingAt().handle)({ detail: {} } as never, {})).rejects.toMatchObject({
      code: 'NOT_A_BATCH',
    });
  });

  it('goes on past a record without a sequence number that does not fail', async () => {
    const handler = streamBatch(async () => undefined);

    expect(await handler({ Records: [{}, kinesis(1)] }, {})).toEqual({ batchItemFailures: [] });
  });

  it('reports the same when onFailure throws', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const handler = streamBatch(failingAt(2).handle, { onFailure: () => expect.fail('no log') });

    expect(await handler({ Records: [1, 2].map(kinesis) }, {})).toEqual(from(2));
  });

  it.each([
    ['has not begun', 1_350, [1, 2]],
    ['has not ended', 2_000, [1]],
  ])('reports the record that %s when the time is over', async (_, durationMs, expected) => {
    const clock = fakeClock();
    const done: number[] = [];
    const handle = (record: StreamRecord) =>
      new Promise<void>((resolve) => {
        clock.after(durationMs, () => {
          done.push(numberOf(record));
          resolve();
        });
      });
    const handler = streamBatch(handle, { ...quiet, clock });

    const answer = handler({ Records: [1, 2, 3].map(dynamo) }, lambdaContext({ clock, remainingMs: 3_000 }));
    for (let ms = 0; ms < 2_725; ms += 25) await clock.advance(25);

    expect(await answer).toEqual(from(expected.length + 1));
    expect(done).toEqual(expected);
  });

  it.each([{ concurrency: 2 }, { reserveMs: 'long' }])('refuses the options %j', (options) => {
    expect(() => streamBatch(async () => undefined, options as object)).toThrow(/streamBatch: /);
  });
});
