import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import { systemRandom } from '../../lib/core/random.ts';
import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { guarded, type Listening, listen, readBody, sendJson } from '../../lib/local/http/server.ts';
import { failure, type InvocationResult } from '../../lib/local/lambda/result.ts';
import { type StreamMapping, startStreamMapping } from '../../lib/local/streams/mapping.ts';
import type { StreamMappingModel } from '../../lib/local/streams/model.ts';
import type { ShardRecords, StreamRecord, StreamSource } from '../../lib/local/streams/source.ts';
import { dynamoDbLocalSource } from '../../lib/local/streams/source-dynamodb-local.ts';
import { sweepSource } from '../../lib/local/streams/source-sweep.ts';
import { hasJava, tableName as nameOf, startTestEngine, type TestEngine } from '../support/engines.ts';
import { stretchedClock } from '../support/stretched-clock.ts';

const never = new AbortController().signal;
const OK: InvocationResult = { kind: 'success', payload: 'null' };

async function readAll(source: StreamSource): Promise<StreamRecord[]> {
  const pages: ShardRecords[] = [];
  await source.read((page) => pages.push(page), never);
  return pages.flatMap(({ records }) => records);
}

const told = (records: readonly StreamRecord[]) =>
  records.map(({ eventName, dynamodb: { Keys, NewImage, OldImage } }) => ({
    eventName,
    Keys,
    NewImage,
    OldImage,
  }));

/** A table with these keys. */
const tableOf = (endpoint: string, TableName: string, keys: readonly string[], more: object = {}) =>
  createTable(endpoint, {
    TableName,
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index ? 'RANGE' : 'HASH' })),
    ...more,
  });

/** What both sources have to do alike, with a table of its own for each test. */
function contract(choice: 'dynamodb-local' | 'dynalite'): void {
  let engine: TestEngine;
  let tableName: string;
  const mappings: StreamMapping[] = [];
  const stream =
    choice === 'dynamodb-local'
      ? { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }
      : {};

  beforeAll(async () => {
    engine = await startTestEngine(choice);
  });
  afterAll(() => engine.stop());
  afterEach(async () => {
    await Promise.all(mappings.splice(0).map((mapping) => mapping.stop()));
  });

  const call = (operation: string, input: object) =>
    callDynamoDb(engine.engine.endpoint, operation, { TableName: tableName, ...input });
  const put = (pk: string, value: number) =>
    call('PutItem', { Item: { pk: { S: pk }, n: { N: `${value}` } } });
  const remove = (pk: string) => call('DeleteItem', { Key: { pk: { S: pk } } });
  const item = (pk: string, value: number) => ({ pk: { S: pk }, n: { N: `${value}` } });

  beforeEach(async () => {
    tableName = nameOf('orders');
    await tableOf(engine.engine.endpoint, tableName, ['pk'], stream);
  });

  const sourceOf = (pollMs?: number): StreamSource => {
    const shared = {
      endpoint: engine.engine.endpoint,
      tableName,
      clock: systemClock,
      ...(pollMs !== undefined && { pollMs }),
    };
    return choice === 'dynamodb-local'
      ? dynamoDbLocalSource(shared)
      : sweepSource({ ...shared, streamViewType: 'NEW_AND_OLD_IMAGES', random: systemRandom });
  };

  const feed = async (
    changes: Partial<StreamMappingModel>,
    invoke: (records: readonly StreamRecord[]) => InvocationResult,
  ): Promise<StreamMapping> => {
    const mapping = await startStreamMapping(
      {
        streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/local',
        tableName,
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:projector',
        startingPosition: 'TRIM_HORIZON',
        batchSize: 100,
        batchingWindowSeconds: 0,
        maximumRetryAttempts: -1,
        maximumRecordAgeSeconds: -1,
        bisectBatchOnError: false,
        reportBatchItemFailures: false,
        filters: [],
        enabled: true,
        ...changes,
      },
      {
        source: sourceOf(50),
        invoke: async (payload) => invoke((JSON.parse(payload) as { Records: StreamRecord[] }).Records),
        dispatch: async () => ({ kind: 'accepted' }),
        platform: stretchedClock(1 / 100),
        clock: systemClock,
        random: systemRandom,
        region: 'us-east-1',
      },
    );
    mappings.push(mapping);
    return mapping;
  };

  it('tells insertions, modifications and removals with both images, and each once', async () => {
    const source = sourceOf();
    await put('a', 1);
    expect(told(await readAll(source))).toEqual([
      { eventName: 'INSERT', Keys: { pk: { S: 'a' } }, NewImage: item('a', 1), OldImage: undefined },
    ]);
    await put('a', 2);
    expect(told(await readAll(source))).toEqual([
      { eventName: 'MODIFY', Keys: { pk: { S: 'a' } }, NewImage: item('a', 2), OldImage: item('a', 1) },
    ]);
    await put('a', 2);
    expect(await readAll(source)).toEqual([]);
    await remove('a');
    expect(told(await readAll(source))).toEqual([
      { eventName: 'REMOVE', Keys: { pk: { S: 'a' } }, NewImage: undefined, OldImage: item('a', 2) },
    ]);
    expect(await readAll(source)).toEqual([]);
  });

  it('gives records what Lambda gives them', async () => {
    const source = sourceOf();
    await call('PutItem', {
      Item: { pk: { S: 'é' }, n: { N: '-10.50' }, b: { B: 'AQID' }, yes: { BOOL: true } },
    });
    const [record] = await readAll(source);
    const now = systemClock.now() / 1_000;
    expect(record?.eventID).toMatch(/^[0-9a-f]{32}$/);
    expect(record?.dynamodb.SequenceNumber).toMatch(/^\d{21}$/);
    expect(record?.dynamodb.StreamViewType).toBe('NEW_AND_OLD_IMAGES');
    expect(record?.dynamodb.SizeBytes).toBe(4 + 4 + 5 + 4 + 4);
    expect(record?.dynamodb.ApproximateCreationDateTime).toBeGreaterThan(now - 3);
    expect(record?.dynamodb.ApproximateCreationDateTime).toBeLessThanOrEqual(now);
  });

  it('tells the key of a table with a sort key, and more than a page of items', async () => {
    tableName = nameOf('orders');
    await tableOf(engine.engine.endpoint, tableName, ['pk', 'sk'], stream);
    const sortKeys = ['1', '2', '3', '4'];
    for (const sk of sortKeys)
      await call('PutItem', { Item: { pk: { S: 'a' }, sk: { S: sk }, text: { S: 'x'.repeat(390_000) } } });
    const records = await readAll(sourceOf());
    expect(records.map(({ dynamodb }) => dynamodb.Keys)).toEqual(
      sortKeys.map((sk) => ({ pk: { S: 'a' }, sk: { S: sk } })),
    );
  });

  it('feeds a function, which sees a failed batch again and then what came after it', async () => {
    const batches: string[][] = [];
    const mapping = await feed({ batchSize: 2 }, (records) => {
      batches.push(records.map(({ dynamodb }) => Object.values(dynamodb.Keys['pk'] as object).join()));
      return batches.length < 3 ? failure('Error', 'no') : OK;
    });
    await put('a', 1);
    await expect.poll(() => batches.length).toBe(3);
    await put('b', 1);
    await expect.poll(() => mapping.state()).toMatchObject({ records: 2, waiting: 0, retries: 2 });
    expect(batches).toEqual([['a'], ['a'], ['a'], ['b']]);
  });

  it('begins with what comes after the start when the starting position is LATEST', async () => {
    await put('old', 1);
    const seen: StreamRecord[] = [];
    await feed({ startingPosition: 'LATEST' }, (records) => {
      seen.push(...records);
      return OK;
    });
    await put('old', 2);
    await expect
      .poll(() => told(seen))
      .toEqual([
        {
          eventName: 'MODIFY',
          Keys: { pk: { S: 'old' } },
          NewImage: item('old', 2),
          OldImage: item('old', 1),
        },
      ]);
  });

  it('does not start without its table', async () => {
    tableName = nameOf('missing');
    await expect(feed({}, () => OK)).rejects.toThrow(/ResourceNotFoundException/);
  });

  it('says that the engine is gone, and what it has is not lost', async () => {
    const source = sourceOf();
    await put('a', 1);
    const aborted = AbortSignal.abort(new Error('gone'));
    await expect(source.read(() => undefined, aborted)).rejects.toThrow('gone');
    expect(await readAll(source)).toHaveLength(1);
  });
}

describe.skipIf(!hasJava)('the stream of DynamoDB Local', () => {
  contract('dynamodb-local');
});
describe('the sweep of a table in dynalite', () => {
  contract('dynalite');

  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine('dynalite');
    await tableOf(engine.engine.endpoint, 'orders', ['pk']);
  });
  afterAll(() => engine.stop());

  const put = (value: number) =>
    callDynamoDb(engine.engine.endpoint, 'PutItem', {
      TableName: 'orders',
      Item: { pk: { S: 'a' }, n: { N: `${value}` } },
    });

  it.each([
    ['KEYS_ONLY', { NewImage: undefined, OldImage: undefined }],
    ['NEW_IMAGE', { NewImage: { pk: { S: 'a' }, n: { N: '3' } }, OldImage: undefined }],
    ['OLD_IMAGE', { NewImage: undefined, OldImage: { pk: { S: 'a' }, n: { N: '1' } } }],
  ] as const)(
    'makes one record of several changes, with the images of %s',
    async (streamViewType, images) => {
      const { endpoint } = engine.engine;
      await put(1);
      const shared = { clock: systemClock, random: systemRandom };
      const source = sweepSource({ endpoint, tableName: 'orders', streamViewType, ...shared });
      await readAll(source);
      await put(2);
      await put(3);
      expect(told(await readAll(source))).toEqual([
        { eventName: 'MODIFY', Keys: { pk: { S: 'a' } }, ...images },
      ]);
    },
  );
});

describe('a stream whose shards roll over', () => {
  interface Shard {
    readonly parent?: string;
    readonly records: string[];
    open: boolean;
  }
  let shards: Record<string, Shard>;
  let api: Listening;
  let expired: boolean;

  /** The streams' API with iterators `shard:index`. Listed last first, two a page: order is the reader's business. */
  const answers: Record<string, (input: Record<string, unknown>) => object> = {
    DescribeTable: () => ({ Table: { LatestStreamArn: 'arn' } }),
    DescribeStream({ ExclusiveStartShardId: after }) {
      const names = Object.keys(shards).reverse();
      const from = after === undefined ? 0 : names.indexOf(String(after)) + 1;
      const page = names.slice(from, from + 2);
      const Shards = page.map((ShardId) => {
        const parent = shards[ShardId]?.parent;
        return { ShardId, ...(parent !== undefined && { ParentShardId: parent }) };
      });
      const more = from + 2 < names.length;
      return { StreamDescription: { Shards, ...(more && { LastEvaluatedShardId: page.at(-1) }) } };
    },
    GetShardIterator({ ShardId, ShardIteratorType, SequenceNumber }) {
      const after = shards[String(ShardId)]?.records.indexOf(String(SequenceNumber)) ?? -1;
      expired = false;
      return { ShardIterator: `${ShardId}:${ShardIteratorType === 'TRIM_HORIZON' ? 0 : after + 1}` };
    },
    GetRecords({ ShardIterator }) {
      const [name = '', index] = String(ShardIterator).split(':');
      const shard = shards[name];
      const Records = (shard?.records.slice(Number(index)) ?? []).map((SequenceNumber) => ({
        eventID: 'e',
        eventName: 'INSERT',
        dynamodb: { ApproximateCreationDateTime: 0, Keys: {}, SequenceNumber, SizeBytes: 0 },
      }));
      const next = `${name}:${shard?.records.length}`;
      return { Records, ...(shard?.open && { NextShardIterator: next }) };
    },
  };

  beforeEach(async () => {
    expired = false;
    api = await listen(
      0,
      guarded(async (request, response) => {
        const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const input = JSON.parse((await readBody(request, 10_000)).toString('utf8')) as Record<
          string,
          unknown
        >;
        if (expired && operation === 'GetRecords')
          return sendJson(response, 400, {
            __type: 'com.amazonaws#ExpiredIteratorException',
            message: 'old',
          });
        sendJson(response, 200, answers[operation]?.(input));
      }),
    );
  });
  afterEach(() => api.close());

  const open = () =>
    dynamoDbLocalSource({
      endpoint: `http://127.0.0.1:${api.port}`,
      tableName: 'orders',
      clock: systemClock,
    });
  const numbers = async (source: StreamSource) =>
    (await readAll(source)).map(({ dynamodb }) => dynamodb.SequenceNumber);

  it('is read from the oldest shard to the newest, in one reading', async () => {
    shards = {
      a: { records: ['1', '2'], open: false, parent: 'trimmed' },
      b: { records: ['3'], open: false, parent: 'a' },
      c: { records: ['4'], open: true, parent: 'b' },
    };
    const pages: ShardRecords[] = [];
    await open().read((page) => pages.push(page), never);
    expect(pages.map(({ shardId, origin, records }) => [shardId, origin, records.length])).toEqual([
      ['a', 'a', 2],
      ['b', 'a', 1],
      ['c', 'a', 1],
    ]);
  });

  it('is read on in the children of a shard that ends, also when they come later', async () => {
    shards = { a: { records: ['1'], open: true } };
    const source = open();
    expect(await numbers(source)).toEqual(['1']);
    shards = { a: { records: ['1', '2'], open: false } };
    expect(await numbers(source)).toEqual(['2']);
    expect(await numbers(source)).toEqual([]);
    shards = {
      ...shards,
      b: { records: ['3'], open: true, parent: 'a' },
      c: { records: ['4'], open: true, parent: 'a' },
    };
    expect((await numbers(source)).sort()).toEqual(['3', '4']);
    shards['b']?.records.push('5');
    expect(await numbers(source)).toEqual(['5']);
  });

  it('is read on after the last record when an iterator expired', async () => {
    shards = { a: { records: ['1', '2'], open: true } };
    const source = open();
    expect(await numbers(source)).toEqual(['1', '2']);
    shards['a']?.records.push('3');
    expired = true;
    await expect(readAll(source)).rejects.toThrow(/ExpiredIteratorException/);
    expect(await numbers(source)).toEqual(['3']);
  });
});
