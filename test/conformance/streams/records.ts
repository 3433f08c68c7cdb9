import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { firstSeen, type Json, nameOf, newId, pause, seen, seenNow } from '../events/calls.ts';
import { type ChangeRecord, changesIn, changesOf, dynamoDb, itemOf, keyOf, put, putAll } from './items.ts';
import { FILTERING, RECORD, STREAM_RECORD, STREAMS, streamCase, WITH_DDB } from './pages.ts';

interface Change {
  readonly record: ChangeRecord;
  readonly deployed: Deployment;
  readonly id: string;
}

async function changeOf(deployed: Deployment, table = 'Watched'): Promise<Change> {
  const id = newId();
  await put(deployed, table, itemOf(id));
  const [record] = changesIn(await firstSeen(deployed, id, { fn: 'Worker' }));
  assert.ok(record);
  return { record, deployed, id };
}

const NOW_SECONDS = 120;

const MEMBERS: Readonly<Record<string, readonly [string, (change: Change) => unknown]>> = {
  'an eventID': [RECORD, ({ record }) => assert.match(record.eventID, /^[\da-f]{32}$/)],
  'the eventName INSERT for a new item': [RECORD, ({ record }) => assert.equal(record.eventName, 'INSERT')],
  'the eventVersion 1.1': [WITH_DDB, ({ record }) => assert.equal(record.eventVersion, '1.1')],
  'aws:dynamodb as its source': [RECORD, ({ record }) => assert.equal(record.eventSource, 'aws:dynamodb')],
  'the region': [
    RECORD,
    async ({ record, deployed }) => assert.equal(record.awsRegion, await nameOf(deployed, 'AWS_REGION')),
  ],
  'the ARN of the stream': [
    WITH_DDB,
    async ({ record, deployed }) => {
      const table = await nameOf(deployed, 'NAME_Watched');
      assert.match(
        record.eventSourceARN,
        new RegExp(`^arn:aws:dynamodb:[^:]+:\\d+:table/${table}/stream/.+`),
      );
    },
  ],
  'the time of the change in seconds': [
    STREAM_RECORD,
    ({ record }) => {
      const { ApproximateCreationDateTime: time } = record.dynamodb;
      assert.ok(Math.abs(time - Date.now() / 1_000) < NOW_SECONDS, `${time} is not the time`);
    },
  ],
  'the keys of the item': [
    STREAM_RECORD,
    ({ record, id }) => assert.deepEqual(record.dynamodb.Keys, keyOf(id)),
  ],
  'a sequence number': [
    STREAM_RECORD,
    ({ record }) => assert.match(record.dynamodb.SequenceNumber, /^\d{21,40}$/),
  ],
  'its size in bytes': [STREAM_RECORD, ({ record }) => assert.ok(record.dynamodb.SizeBytes > 0)],
  'the view type of the stream': [
    STREAM_RECORD,
    ({ record }) => assert.equal(record.dynamodb.StreamViewType, 'NEW_AND_OLD_IMAGES'),
  ],
};

const members = Object.entries(MEMBERS).map(([what, [page, check]]) =>
  streamCase(`a record of a stream has ${what}`, page, async (deployed) => {
    await check(await changeOf(deployed));
  }),
);

/** Puts an item, replaces it and deletes it. */
async function lifeOf(deployed: Deployment, table: string): Promise<readonly ChangeRecord[]> {
  const id = newId();
  await put(deployed, table, itemOf(id, 1, {}, { size: { N: '1' } }));
  await put(deployed, table, itemOf(id, 1, {}, { size: { N: '2' } }));
  await dynamoDb(deployed, 'DeleteItem', table, { Key: keyOf(id) });
  return changesOf(await seen(deployed, id, { count: 3 }));
}

const sizeIn = (image: Json | undefined) => (image?.['size'] as { readonly N: string } | undefined)?.N;
const imagesOf = (record: ChangeRecord | undefined) => [
  sizeIn(record?.dynamodb.OldImage),
  sizeIn(record?.dynamodb.NewImage),
];

/** The old and the new size in the records of a life. */
const VIEWS: Readonly<Record<string, readonly (readonly (string | undefined)[])[]>> = {
  NEW_AND_OLD_IMAGES: [
    [undefined, '1'],
    ['1', '2'],
    ['2', undefined],
  ],
  NEW_IMAGE: [
    [undefined, '1'],
    [undefined, '2'],
    [undefined, undefined],
  ],
  OLD_IMAGE: [
    [undefined, undefined],
    ['1', undefined],
    ['2', undefined],
  ],
  KEYS_ONLY: [
    [undefined, undefined],
    [undefined, undefined],
    [undefined, undefined],
  ],
};
export const TABLES: Readonly<Record<string, string>> = {
  NEW_AND_OLD_IMAGES: 'Watched',
  NEW_IMAGE: 'NewImages',
  OLD_IMAGE: 'OldImages',
  KEYS_ONLY: 'KeysOnly',
};

const views = Object.entries(VIEWS).map(([view, expected]) =>
  streamCase(
    `a stream of ${view} has its images of items that come, change and go`,
    STREAMS,
    async (deployed) => {
      const life = await lifeOf(deployed, TABLES[view] ?? '');
      assert.deepEqual(life.map(imagesOf), expected);
    },
  ),
);

const changes = [
  streamCase('items that come, change and go are INSERT, MODIFY and REMOVE', RECORD, async (deployed) => {
    const life = await lifeOf(deployed, 'Watched');
    assert.deepEqual(
      life.map(({ eventName }) => eventName),
      ['INSERT', 'MODIFY', 'REMOVE'],
    );
  }),
  streamCase('a write that changes nothing makes no record', STREAMS, async (deployed) => {
    const id = newId();
    await put(deployed, 'Watched', itemOf(id));
    await put(deployed, 'Watched', itemOf(id));
    await put(deployed, 'Watched', itemOf(id, 2));
    await seen(deployed, id, { count: 2 });
    await pause(deployed, 20);
    assert.equal((await seenNow(deployed, id)).length, 2);
  }),
  streamCase('an update that creates an item is an INSERT', RECORD, async (deployed) => {
    const id = newId();
    await dynamoDb(deployed, 'UpdateItem', 'Watched', {
      ...{ Key: keyOf(id), UpdateExpression: 'SET #n = :n' },
      ...{ ExpressionAttributeNames: { '#n': 'size' }, ExpressionAttributeValues: { ':n': { N: '1' } } },
    });
    const [record] = changesIn(await firstSeen(deployed, id));
    assert.deepEqual([record?.eventName, ...imagesOf(record)], ['INSERT', undefined, '1']);
  }),
  streamCase('a transaction makes a record of each of its items', STREAMS, async (deployed) => {
    const id = newId();
    await putAll(deployed, 'Watched', [itemOf(id, 1), itemOf(id, 2), itemOf(id, 3)]);
    const numbers = (await seen(deployed, id, { count: 3 })).flatMap(({ value }) => value.numbers);
    assert.deepEqual([...numbers].sort(), [1, 2, 3]);
  }),
  streamCase('attributes have the types of DynamoDB in a record', WITH_DDB, async (deployed) => {
    const attributes = {
      ...{ text: { S: 'ä' }, number: { N: '1.5' }, yes: { BOOL: true }, nothing: { NULL: true } },
      ...{ list: { L: [{ S: 'a' }, { N: '1' }] }, map: { M: { a: { S: 'b' } } }, bytes: { B: 'AQID' } },
    };
    const id = newId();
    await put(deployed, 'Watched', itemOf(id, 1, {}, attributes));
    const [record] = changesIn(await firstSeen(deployed, id));
    for (const [name, value] of Object.entries(attributes))
      assert.deepEqual(record?.dynamodb.NewImage?.[name], value);
  }),
  streamCase('changes of an item come in the order in which they were made', STREAMS, async (deployed) => {
    const id = newId();
    const all = Array.from({ length: 8 }, (_, index) => String(index));
    for (const N of all) await put(deployed, 'Watched', itemOf(id, 1, {}, { size: { N } }));
    const records = changesOf(await seen(deployed, id, { count: all.length }));
    assert.deepEqual(
      records.map(({ dynamodb }) => sizeIn(dynamodb.NewImage)),
      all,
    );
  }),
  streamCase('sequence numbers of an item grow', STREAM_RECORD, async (deployed) => {
    const numbers = (await lifeOf(deployed, 'Watched')).map(({ dynamodb }) =>
      BigInt(dynamodb.SequenceNumber),
    );
    assert.ok(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n)));
  }),
  streamCase('each change has an eventID of its own', RECORD, async (deployed) => {
    assert.equal(new Set((await lifeOf(deployed, 'Watched')).map(({ eventID }) => eventID)).size, 3);
  }),
];

const FILTERS: readonly { readonly title: string; readonly taken: Json; readonly dropped: Json }[] = [
  {
    title: 'a filter lets changes through whose new image matches',
    ...{ taken: { color: { S: 'red' } }, dropped: { color: { S: 'blue' } } },
  },
  {
    title: 'a filter compares texts by their beginning',
    ...{ taken: { kind: { S: 'special-1' } }, dropped: { kind: { S: 'usual-1' } } },
  },
  {
    title: 'a filter asks whether an attribute is there',
    ...{ taken: { urgent: { BOOL: true } }, dropped: { other: { BOOL: true } } },
  },
];

const filters = [
  ...FILTERS.map(({ title, taken, dropped }) =>
    streamCase(title, FILTERING, async (deployed) => {
      const [good, bad] = [newId(), newId()];
      await put(deployed, 'Filtered', itemOf(bad, 1, {}, dropped));
      await put(deployed, 'Filtered', itemOf(good, 1, {}, taken));
      await seen(deployed, good);
      await pause(deployed, 10);
      assert.deepEqual(await seenNow(deployed, bad), []);
    }),
  ),
  streamCase('a filter chooses changes by their eventName', FILTERING, async (deployed) => {
    const id = newId();
    await put(deployed, 'Removed', itemOf(id));
    await dynamoDb(deployed, 'DeleteItem', 'Removed', { Key: keyOf(id) });
    await seen(deployed, id);
    await pause(deployed, 10);
    assert.deepEqual(
      changesOf(await seenNow(deployed, id)).map(({ eventName }) => eventName),
      ['REMOVE'],
    );
  }),
];

export const STREAM_RECORD_CASES: readonly ConformanceCase[] = [...members, ...views, ...changes, ...filters];
