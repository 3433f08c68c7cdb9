import { afterEach, describe, expect, it } from 'vitest';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';
import type { Dispatch, Handover, Message } from '../../lib/local/handover.ts';
import { failure, type InvocationResult } from '../../lib/local/lambda/result.ts';
import { type StreamMapping, startStreamMapping } from '../../lib/local/streams/mapping.ts';
import type { StreamMappingModel } from '../../lib/local/streams/model.ts';
import type { ShardRecords, StreamRecord, StreamSource } from '../../lib/local/streams/source.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-01-01T00:00:00.000';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:projector';
const DESTINATION = 'arn:aws:sqs:us-east-1:000000000000:failed';
const OK: InvocationResult = { kind: 'success', payload: 'null' };
const ERROR = failure('Error', 'no');
const THROTTLED: InvocationResult = { kind: 'throttled' };
const partial = (...identifiers: readonly unknown[]): InvocationResult => ({
  kind: 'success',
  payload: JSON.stringify({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) }),
});

const model: StreamMappingModel = {
  streamArn: STREAM,
  tableName: 'orders',
  functionArn: FUNCTION,
  startingPosition: 'TRIM_HORIZON',
  batchSize: 100,
  batchingWindowSeconds: 0,
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: -1,
  bisectBatchOnError: false,
  reportBatchItemFailures: false,
  onFailure: DESTINATION,
  filters: [],
  enabled: true,
};

const record = (name: string, changes: Partial<StreamRecord> = {}): StreamRecord => ({
  eventID: `id-${name}`,
  eventName: 'INSERT',
  dynamodb: {
    ApproximateCreationDateTime: 1_750_000_000,
    Keys: { pk: { S: name } },
    NewImage: { pk: { S: name } },
    SequenceNumber: name,
    SizeBytes: 6,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
  ...changes,
});

/** Sequence numbers in the order of letters. */
const records = (names: string) => [...names].map((name) => record(name));

/** A source that gives what the test puts into it. */
function scripted(
  pollMs = 250,
): StreamSource & { put(page: Partial<ShardRecords>): void; broken: Error | undefined } {
  const pages: ShardRecords[] = [];
  return {
    pollMs,
    broken: undefined,
    put({ shardId = 'shard-1', origin = shardId, records: items = [] }) {
      pages.push({ shardId, origin, records: items });
    },
    async read(deliver) {
      if (this.broken !== undefined) throw this.broken;
      for (const page of pages.splice(0)) deliver(page);
    },
  };
}

type Answer = InvocationResult | ((names: string) => InvocationResult | Promise<InvocationResult>);

const started: StreamMapping[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((mapping) => mapping.stop()));
});

async function start(
  changes: Partial<StreamMappingModel>,
  answer: Answer | readonly Answer[],
  first = '',
  { dispatch, pollMs }: { readonly dispatch?: Dispatch; readonly pollMs?: number } = {},
) {
  const clock = fakeClock();
  const source = scripted(pollMs);
  if (first !== '') source.put({ records: records(first) });
  const answers = Array.isArray(answer) ? [...(answer as readonly Answer[])] : undefined;
  const batches: string[] = [];
  const payloads: string[] = [];
  const messages: { arn: string; message: Message }[] = [];
  const mapping = await startStreamMapping(
    { ...model, ...changes },
    {
      source,
      async invoke(payload) {
        const { Records } = JSON.parse(payload) as { Records: { dynamodb: { SequenceNumber: string } }[] };
        const names = Records.map(({ dynamodb }) => dynamodb.SequenceNumber).join('');
        payloads.push(payload);
        batches.push(names);
        const next = answers === undefined ? (answer as Answer) : (answers.shift() ?? OK);
        return typeof next === 'function' ? next(names) : next;
      },
      dispatch:
        dispatch ??
        (async (arn, message) => {
          messages.push({ arn, message });
          return { kind: 'accepted' };
        }),
      platform: clock,
      clock,
      random: seededRandom(1),
      region: 'us-east-1',
    },
  );
  started.push(mapping);
  await settle();
  const failed = () => messages.map(({ message }) => JSON.parse(message.body) as Record<string, unknown>);
  return { clock, source, batches, payloads, messages, failed, mapping };
}

const failsOn =
  (bad: string): Answer =>
  (names) =>
    names.includes(bad) ? ERROR : OK;

describe('what the function gets', () => {
  it('is an event in the form that Lambda gives it', async () => {
    const { payloads } = await start({}, OK, 'a');
    expect(JSON.parse(payloads[0] ?? '')).toEqual({
      Records: [
        {
          ...record('a'),
          eventVersion: '1.1',
          eventSource: 'aws:dynamodb',
          awsRegion: 'us-east-1',
          eventSourceARN: STREAM,
        },
      ],
    });
  });

  it('is no more at a time than the batch size, in order', async () => {
    const { batches, mapping } = await start({ batchSize: 2 }, OK, 'abcde');
    expect(batches).toEqual(['ab', 'cd', 'e']);
    expect(mapping.state()).toMatchObject({ batches: 3, records: 5, waiting: 0, iteratorAgeMs: 0 });
  });

  it('is no more at a time than a payload holds', async () => {
    const { source, batches, clock } = await start({}, OK);
    const big = { S: 'x'.repeat(2_500_000) };
    source.put({
      records: records('abc').map((item) => ({ ...item, dynamodb: { ...item.dynamodb, NewImage: { big } } })),
    });
    await clock.advance(250);
    expect(batches).toEqual(['ab', 'c']);
  });

  it('waits for the batching window, or until the batch is full', async () => {
    const { source, batches, clock } = await start({ batchSize: 3, batchingWindowSeconds: 10 }, OK, 'a');
    await clock.advance(9_999);
    expect(batches).toEqual([]);
    await clock.advance(1);
    expect(batches).toEqual(['a']);
    source.put({ records: records('bcd') });
    await clock.advance(250);
    expect(batches).toEqual(['a', 'bcd']);
  });

  it('leaves out what no filter matches', async () => {
    const filters = [
      compilePattern({ eventName: ['REMOVE'] }),
      compilePattern({ dynamodb: { NewImage: { pk: { S: ['c'] } } } }),
    ];
    const { source, batches, clock, mapping } = await start({ filters }, OK, 'abc');
    expect(batches).toEqual(['c']);
    source.put({ records: [record('d'), record('e', { eventName: 'REMOVE' })] });
    await clock.advance(250);
    expect(batches).toEqual(['c', 'e']);
    expect(mapping.state()).toMatchObject({ filtered: 3, records: 2, waiting: 0 });
  });

  it('begins with what comes after the start when the starting position is LATEST', async () => {
    const { source, batches, clock } = await start({ startingPosition: 'LATEST' }, OK, 'ab');
    source.put({ records: records('c') });
    await clock.advance(250);
    expect(batches).toEqual(['c']);
  });

  it('is nothing when the mapping is disabled', async () => {
    const { source, batches, clock } = await start({ enabled: false }, OK, 'ab');
    source.put({ records: records('c') });
    await clock.advance(60_000);
    expect(batches).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('a batch that fails', () => {
  it('comes again, with longer and longer waits, and holds up what is behind it', async () => {
    const { source, batches, clock, mapping } = await start({ batchSize: 2 }, [ERROR, ERROR, ERROR], 'ab');
    source.put({ records: records('cd') });
    await clock.advance(1_000);
    expect(batches).toEqual(['ab', 'ab']);
    expect(mapping.state()).toMatchObject({ waiting: 4, iteratorAgeMs: 1_000 });
    await clock.advance(2_000);
    expect(batches).toEqual(['ab', 'ab', 'ab']);
    await clock.advance(4_000);
    expect(batches).toEqual(['ab', 'ab', 'ab', 'ab', 'cd']);
    expect(mapping.state()).toMatchObject({ batches: 2, retries: 3, failures: 3, records: 4, dropped: 0 });
  });

  it('comes again when the function process died, and when the invocation itself broke', async () => {
    const died = failure(
      'Runtime.ExitError',
      'RequestId: 1 Error: Runtime exited with error: signal: killed',
    );
    const broke = () => Promise.reject(new Error('the run is in trouble'));
    const { batches, clock, mapping } = await start({}, [died, broke], 'a');
    await clock.advance(5_000);
    expect(batches).toEqual(['a', 'a', 'a']);
    expect(mapping.state()).toMatchObject({ records: 1, failures: 2 });
  });

  it('does not hold up another shard', async () => {
    const { source, batches, clock } = await start({}, failsOn('a'), 'a');
    source.put({ shardId: 'shard-2', records: records('z') });
    await clock.advance(250);
    expect(batches).toEqual(['a', 'z']);
  });

  it('holds up what descends from its shard, which is never in one batch with it', async () => {
    const { source, batches, clock } = await start({}, [ERROR], 'a');
    source.put({ shardId: 'shard-2', origin: 'shard-1', records: records('b') });
    await clock.advance(300);
    expect(batches).toEqual(['a']);
    await clock.advance(1_000);
    expect(batches).toEqual(['a', 'a', 'b']);
  });

  it('is given up after its attempts: the destination learns where it was and the next goes on', async () => {
    const { source, batches, clock, messages, failed, mapping } = await start(
      { maximumRetryAttempts: 2 },
      failsOn('a'),
      'ab',
    );
    source.put({ records: records('cd') });
    await clock.advance(5_000);
    expect(batches).toEqual(['ab', 'ab', 'ab', 'cd']);
    expect(messages.map(({ arn }) => arn)).toEqual([DESTINATION]);
    expect(failed()).toEqual([
      {
        requestContext: {
          requestId: expect.any(String),
          functionArn: FUNCTION,
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 3,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        version: '1.0',
        timestamp: expect.stringMatching(/^2025-06-15T15:06:4\d\.\d{3}Z$/),
        DDBStreamBatchInfo: {
          shardId: 'shard-1',
          startSequenceNumber: 'a',
          endSequenceNumber: 'b',
          approximateArrivalOfFirstRecord: '2025-06-15T15:06:40Z',
          approximateArrivalOfLastRecord: '2025-06-15T15:06:40Z',
          batchSize: 2,
          streamArn: STREAM,
        },
      },
    ]);
    expect(mapping.state()).toMatchObject({ deadLettered: 2, dropped: 0, records: 2, waiting: 0 });
  });

  it('is dropped where no destination takes it, after asking again one that may', async () => {
    const refused = (retryable: boolean): Handover => ({
      kind: 'refused',
      code: 'Unavailable',
      message: 'not now',
      retryable,
    });
    let asked = 0;
    const dispatch = async () => refused(++asked < 3);
    const { clock, mapping } = await start({ maximumRetryAttempts: 0 }, ERROR, 'a', { dispatch });
    await clock.advance(10_000);
    expect(asked).toBe(3);
    expect(mapping.state()).toMatchObject({ dropped: 1, deadLettered: 0, waiting: 0 });
  });

  it('is given up when its records are too old, and those that are not go on', async () => {
    const { source, batches, clock, failed } = await start({ maximumRecordAgeSeconds: 60 }, ERROR, 'a');
    await clock.advance(40_000);
    source.put({ records: records('b') });
    await clock.advance(50_000);
    expect(failed()).toMatchObject([
      {
        requestContext: { condition: 'RecordAgeExceeded' },
        DDBStreamBatchInfo: { startSequenceNumber: 'a', endSequenceNumber: 'a', batchSize: 1 },
      },
    ]);
    expect(batches.at(-1)).toBe('b');
  });

  it('is given up after the day for which a stream keeps a record when nothing else limits it', async () => {
    const { clock, failed, mapping } = await start({}, ERROR, 'a', { pollMs: 3_600_000 });
    await clock.advance(86_300_000);
    expect(mapping.state()).toMatchObject({ waiting: 1, deadLettered: 0 });
    await clock.advance(200_000);
    expect(failed()).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }]);
  });
});

describe('bisecting', () => {
  it('isolates the record that fails, gives up that one alone and keeps the order', async () => {
    const changes = { bisectBatchOnError: true, maximumRetryAttempts: 1 };
    const { batches, clock, failed, mapping } = await start(changes, failsOn('c'), 'abcd');
    await clock.advance(10_000);
    expect(batches).toEqual(['abcd', 'ab', 'cd', 'c', 'c', 'd']);
    expect(failed()).toMatchObject([
      { DDBStreamBatchInfo: { startSequenceNumber: 'c', endSequenceNumber: 'c', batchSize: 1 } },
    ]);
    expect(mapping.state()).toMatchObject({ records: 3, deadLettered: 1, retries: 5, batches: 1 });
  });

  it('splits where the function says that it failed', async () => {
    const changes = { bisectBatchOnError: true, reportBatchItemFailures: true, maximumRetryAttempts: 0 };
    const { batches, clock, mapping } = await start(changes, [partial('c'), partial('c')], 'abcde');
    await clock.advance(10_000);
    expect(batches).toEqual(['abcde', 'cde', 'cd', 'e']);
    expect(mapping.state()).toMatchObject({ records: 5, deadLettered: 0 });
  });
});

describe('reported failures', () => {
  const changes = { reportBatchItemFailures: true };

  it('bring the batch again from the lowest failed record on', async () => {
    const { batches, clock, mapping } = await start(changes, [partial('d', 'c')], 'abcd');
    expect(mapping.state()).toMatchObject({ records: 2, waiting: 2, failures: 1 });
    await clock.advance(1_000);
    expect(batches).toEqual(['abcd', 'cd']);
    expect(mapping.state()).toMatchObject({ records: 4, waiting: 0 });
  });

  it('use up attempts, after which what is left is given up', async () => {
    const { batches, clock, failed, mapping } = await start(
      { ...changes, maximumRetryAttempts: 1 },
      () => partial('b'),
      'abc',
    );
    await clock.advance(1_000);
    expect(batches).toEqual(['abc', 'bc']);
    expect(mapping.state()).toMatchObject({ records: 1, deadLettered: 2 });
    expect(failed()).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST' },
        DDBStreamBatchInfo: { startSequenceNumber: 'b', endSequenceNumber: 'c' },
      },
    ]);
  });

  it.each([
    ['an empty identifier', partial('')],
    ['no identifier', partial(null)],
    ['an identifier that is not in the batch', partial('b', 'x')],
    ['a wrong key', { kind: 'success', payload: '{"batchItemFailures":[{"id":"b"}]}' } as const],
  ])('fail the whole batch for %s', async (_, answer) => {
    const { batches, clock } = await start(changes, [answer], 'ab');
    await clock.advance(1_000);
    expect(batches).toEqual(['ab', 'ab']);
  });

  it.each(['null', '', '{}', '{"batchItemFailures":null}', '{"batchItemFailures":[]}'])(
    'are none in the answer %s',
    async (payload) => {
      const { mapping } = await start(changes, { kind: 'success', payload }, 'ab');
      expect(mapping.state()).toMatchObject({ records: 2, failures: 0 });
    },
  );

  it('mean nothing where the mapping does not ask for them', async () => {
    const { mapping } = await start({}, partial('a'), 'ab');
    expect(mapping.state()).toMatchObject({ records: 2, failures: 0 });
  });
});

describe('throttling', () => {
  it('uses up no attempts, however often it happens', async () => {
    const answers = [THROTTLED, THROTTLED, THROTTLED, ERROR, THROTTLED, OK];
    const { batches, clock, mapping } = await start({ maximumRetryAttempts: 1 }, answers, 'a');
    await clock.advance(60_000);
    expect(batches).toHaveLength(6);
    expect(mapping.state()).toMatchObject({
      throttles: 4,
      failures: 1,
      retries: 1,
      records: 1,
      deadLettered: 0,
    });
  });

  it('ends with the age of the records, and there is no response to report', async () => {
    const { clock, failed } = await start({ maximumRecordAgeSeconds: 60 }, THROTTLED, 'a');
    await clock.advance(120_000);
    expect(failed()).toMatchObject([
      { requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 } },
    ]);
    expect(failed()[0]).not.toHaveProperty('responseContext');
  });
});

describe('the mapping', () => {
  it('does not start when the stream cannot be read', async () => {
    const clock = fakeClock();
    const source = scripted();
    source.broken = new Error('no stream');
    const rest = { platform: clock, clock, random: seededRandom(1), region: 'us-east-1' };
    const starting = startStreamMapping(model, {
      source,
      invoke: async () => OK,
      dispatch: async () => ({ kind: 'accepted' }),
      ...rest,
    });
    await expect(starting).rejects.toThrow('no stream');
    expect(clock.pending).toBe(0);
  });

  it('says what keeps it from reading, and goes on afterwards', async () => {
    const { source, batches, clock, mapping } = await start({}, OK);
    source.broken = new Error('the engine is gone');
    await clock.advance(250);
    expect(mapping.state().trouble).toBe('the engine is gone');
    source.broken = undefined;
    source.put({ records: records('a') });
    await clock.advance(250);
    expect(batches).toEqual(['a']);
    expect(mapping.state().trouble).toBeUndefined();
  });

  it('stops while it waits for a retry, a window, a reading or an invocation, and leaves no timer', async () => {
    const runs = await Promise.all([
      start({}, ERROR, 'a'),
      start({ batchingWindowSeconds: 300 }, OK, 'a'),
      start({}, OK),
      start({}, () => new Promise<InvocationResult>(() => {}), 'a'),
    ]);
    for (const { mapping, clock, source, batches } of runs) {
      await mapping.stop();
      expect(clock.pending).toBe(0);
      const before = batches.length;
      source.put({ records: records('z') });
      await clock.advance(600_000);
      expect(batches).toHaveLength(before);
    }
  });
});
