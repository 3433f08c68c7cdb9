import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type {
  Condition,
  CountingStore,
  Item,
  TransactionalStore,
  TransactWrite,
} from '../../lib/core/store.ts';
import { canTransact } from '../../lib/core/store.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { leanTransport } from '../../lib/store/lean/index.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';
import { listen } from '../support/wire.ts';

interface Joinable extends TransactionalStore, CountingStore {
  writeOf(key: string, item: Item, options?: { readonly when?: Condition }): TransactWrite;
}

const ABSENT: Condition = ['absent'];
const versionIs = (value: number): Condition => [[{ attribute: 'version', is: '=', value }]];

/** What every store with transactions has to do alike. */
function contract(fresh: () => Promise<Joinable>): void {
  let store: Joinable;
  let orders: Joinable;
  beforeEach(async () => {
    [store, orders] = [await fresh(), await fresh()];
  });

  test('writes its item with those of another store, and with others of its own', async () => {
    const writes = [
      orders.writeOf('order', { total: 7 }, { when: ABSENT }),
      store.writeOf('beside', { yes: true, text: 'é' }),
    ];

    expect(await store.transact('a', { n: 1 }, { when: ABSENT, writes })).toEqual({ applied: true });

    expect(await store.get('a')).toEqual({ n: 1 });
    expect(await store.get('beside')).toEqual({ yes: true, text: 'é' });
    expect(await orders.get('order')).toEqual({ total: 7 });
  });

  test('replaces whole items under conditions that hold', async () => {
    await store.put('a', { version: 1, old: true });
    await orders.put('order', { version: 5, old: true });
    const writes = [orders.writeOf('order', { version: 6 }, { when: versionIs(5) })];

    expect(await store.transact('a', { version: 2 }, { when: versionIs(1), writes })).toEqual({
      applied: true,
    });

    expect(await store.get('a')).toEqual({ version: 2 });
    expect(await orders.get('order')).toEqual({ version: 6 });
  });

  test('refuses by the condition of its own item with what is there, and writes nothing', async () => {
    await store.put('a', { n: 1, owner: 'me' });
    const writes = [orders.writeOf('order', { total: 7 })];

    expect(await store.transact('a', { n: 2 }, { when: ABSENT, writes })).toEqual({
      applied: false,
      current: { n: 1, owner: 'me' },
    });

    expect(await store.get('a')).toEqual({ n: 1, owner: 'me' });
    expect(await orders.get('order')).toBeUndefined();
  });

  test('refuses by the condition of its own item where there is none', async () => {
    const writes = [orders.writeOf('order', { total: 7 })];

    expect(await store.transact('a', { n: 2 }, { when: versionIs(1), writes })).toEqual({
      applied: false,
      current: undefined,
    });
    expect(await orders.get('order')).toBeUndefined();
  });

  test("throws the SDK's error where the condition of another item is refused, and writes nothing", async () => {
    await orders.put('second', { total: 1 });
    const writes = [
      orders.writeOf('first', { total: 7 }, { when: ABSENT }),
      orders.writeOf('second', { total: 7 }, { when: ABSENT }),
    ];

    await expect(store.transact('a', { n: 1 }, { when: ABSENT, writes })).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message: expect.stringContaining('[None, None, ConditionalCheckFailed]'),
      CancellationReasons: [{ Code: 'None' }, { Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });

    expect(await store.get('a')).toBeUndefined();
    expect(await orders.get('first')).toBeUndefined();
    expect(await orders.get('second')).toEqual({ total: 1 });
  });

  test('gives the refusal of its own item where that of another is refused too', async () => {
    await store.put('a', { n: 1 });
    const writes = [orders.writeOf('order', { total: 7 }, { when: versionIs(1) })];

    expect(await store.transact('a', { n: 2 }, { when: ABSENT, writes })).toEqual({
      applied: false,
      current: { n: 1 },
    });
  });

  test('writes its item alone where there are no others', async () => {
    expect(await store.transact('a', { n: 1 }, { when: ABSENT, writes: [] })).toEqual({ applied: true });
    expect(await store.transact('a', { n: 2 }, { writes: [] })).toEqual({ applied: true });

    expect(await store.get('a')).toEqual({ n: 2 });
  });

  test('writes what `writeOf` was handed, as often as it is handed on', async () => {
    const item = { total: 7 };
    const write = orders.writeOf('order', item);
    item.total = 8;
    await store.transact('a', {}, { writes: [write] });
    await orders.delete('order');

    await store.transact('b', {}, { writes: [{ ...write }] });

    expect(await orders.get('order')).toEqual({ total: 7 });
  });

  test('has exactly one of several concurrent transactions applied', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, (_, n) =>
        store.transact(`a${n}`, { n }, { writes: [orders.writeOf('order', { total: n }, { when: ABSENT })] }),
      ),
    );

    const applied = results.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
    expect(applied).toHaveLength(1);
    expect(await orders.get('order')).toEqual({ total: applied[0] });
    for (let n = 0; n < 5; n++) {
      expect(await store.get(`a${n}`)).toEqual(applied.includes(n) ? { n } : undefined);
    }
  });

  test.each<[string, () => readonly TransactWrite[]]>([
    ['two writes of one item', () => [orders.writeOf('order', { n: 1 }), orders.writeOf('order', { n: 2 })]],
    ['a further write of its own item', () => [store.writeOf('a', { n: 2 })]],
    ['more than 99 other writes', () => Array.from({ length: 100 }, (_, n) => orders.writeOf(`${n}`, { n }))],
    ['a table that is not there', () => [{ Put: { TableName: 'none', Item: { pk: { S: 'x' } } } }]],
    ['a write that is none', () => [{}]],
  ])('refuses %s with an error of its own, and writes nothing', async (_, writes) => {
    await expect(store.transact('a', { n: 1 }, { writes: writes() })).rejects.toBeInstanceOf(StoreError);

    expect(await store.get('a')).toBeUndefined();
    expect(await orders.get('order')).toBeUndefined();
    expect(await orders.get('0')).toBeUndefined();
  });
}

describe('a memory store with transactions', () => {
  // All have one name: a write is of the very store that made it.
  contract(async () => memoryStore());

  test('makes a write that looks as one of DynamoDB does', () => {
    expect(memoryStore('users').writeOf('7', { version: 2 }, { when: versionIs(1) })).toEqual({
      Put: {
        TableName: 'users',
        Item: { pk: { S: '7' }, version: { N: '2' } },
        ConditionExpression: '(#n0 = :v0)',
        ExpressionAttributeNames: { '#n0': 'version' },
        ExpressionAttributeValues: { ':v0': { N: '1' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    });
  });

  test.each<[TransactWrite, string]>([
    [{ Put: { TableName: 'orders', Item: { pk: { S: 'x' } } } }, 'a Put of table "orders"'],
    [{ Update: { TableName: 'orders', Key: { pk: { S: 'x' } } } }, 'an Update of table "orders"'],
    [{ Delete: {} }, 'a Delete without a table'],
    [{}, 'no write'],
  ])('says that it takes only writes of memory stores where it gets %j', async (write, got) => {
    const store = memoryStore('idempotency');

    await expect(store.transact('a', {}, { writes: [write] })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: false,
      message: `idempotency: expected writes made by \`writeOf\` of a memoryStore, got ${got}; nothing was written`,
    });
  });
});

/** Another write, as the caller of a transaction gives it: of an item in the same table here. */
const orderIn = (store: TransactionalStore, condition?: string) => ({
  Put: {
    TableName: store.name,
    Item: { pk: { S: 'order' }, total: { N: '7' } },
    ...(condition && { ConditionExpression: condition }),
  },
});

/** dynalite has no transactions. */
describe.skipIf(!hasJava)('a DynamoDB store with transactions', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine('dynamodb-local');
  });
  afterAll(() => engine.stop());

  describe.each(['sdk', 'lean'] as const)('over the transport %s', (transport) => {
    contract(() => engine.store(transport));
  });

  describe.each(['sdk', 'lean'] as const)(
    "takes writes in the SDK's own form over the transport %s",
    (transport) => {
      let store: TransactionalStore;
      beforeEach(async () => {
        store = await engine.store(transport);
      });

      const order = (condition?: string) => orderIn(store, condition);

      test('and makes all of them', async () => {
        const key = { pk: { S: 'old order' } };
        await store.put('old order', { total: 1 });

        const result = await store.transact(
          'a',
          { n: 1 },
          {
            when: ABSENT,
            writes: [order('attribute_not_exists(pk)'), { Delete: { TableName: store.name, Key: key } }],
          },
        );

        expect(result).toEqual({ applied: true });
        expect(await store.get('a')).toEqual({ n: 1 });
        expect(await store.get('order')).toEqual({ total: 7 });
        expect(await store.get('old order')).toBeUndefined();
      });

      test('and is cancelled by the condition of one of them', async () => {
        await expect(
          store.transact('a', { n: 1 }, { when: ABSENT, writes: [order('attribute_exists(pk)')] }),
        ).rejects.toMatchObject({
          name: 'TransactionCanceledException',
          CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
        });

        expect(await store.get('a')).toBeUndefined();
      });

      test('and a check of an item that is not written', async () => {
        const check = (ConditionExpression: string) => ({
          ConditionCheck: { TableName: store.name, Key: { pk: { S: 'stock' } }, ConditionExpression },
        });
        await store.put('stock', { left: 1 });

        expect(await store.transact('a', { n: 1 }, { writes: [check('attribute_exists(pk)')] })).toEqual({
          applied: true,
        });
        await expect(
          store.transact('a', { n: 2 }, { writes: [check('attribute_not_exists(pk)')] }),
        ).rejects.toMatchObject({ name: 'TransactionCanceledException' });
        expect(await store.get('a')).toEqual({ n: 1 });
      });

      test('and bytes, which come back as bytes with the reason of a refusal', async () => {
        const bytes = Uint8Array.of(0, 255, 7);
        const Item = {
          ...{ pk: { S: 'bytes' }, B: { B: bytes }, all: { BS: [bytes] } },
          deep: { M: { B: { L: [{ B: Buffer.from(bytes) }] }, S: { S: 'B' } } },
        };
        const put = {
          Put: {
            ...{ TableName: store.name, Item, ConditionExpression: 'attribute_not_exists(pk)' },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        };
        await store.transact('a', { n: 1 }, { writes: [put] });
        const stored = { ...Item, deep: { M: { B: { L: [{ B: bytes }] }, S: { S: 'B' } } } };

        await expect(store.transact('a', { n: 2 }, { writes: [put] })).rejects.toMatchObject({
          name: 'TransactionCanceledException',
          CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: stored }],
        });
      });
    },
  );

  test('makes its writes once by a request that the SDK sends again', async () => {
    const { client } = engine;
    const store = await engine.store('sdk');
    let attempts = 0;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (++attempts === 1) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
        return answer;
      },
      { step: 'deserialize', priority: 'low', name: 'answerLost' },
    );
    try {
      const writes = [orderIn(store, 'attribute_not_exists(pk)')];

      expect(await store.transact('a', { n: 1 }, { when: ABSENT, writes })).toEqual({ applied: true });

      expect(attempts).toBe(2);
    } finally {
      client.middlewareStack.remove('answerLost');
    }
    expect(await store.get('order')).toEqual({ total: 7 });
  });

  test('makes its writes once by a request that the lean transport sends again', async () => {
    let requests = 0;
    const forward = async (request: IncomingMessage, response: ServerResponse) => {
      const { 'x-amz-target': target, authorization, 'content-type': type } = request.headers;
      const headers = { 'x-amz-target': String(target), authorization: String(authorization) };
      const sent = { method: 'POST', headers: { ...headers, 'content-type': String(type) } };
      const answer = await fetch(engine.engine.endpoint, { ...sent, body: await text(request) });
      // The first answer is lost.
      if (++requests === 1) response.destroy();
      else response.writeHead(answer.status).end(await answer.text());
    };
    const proxy = createServer((request, response) => void forward(request, response));
    const endpoint = `http://127.0.0.1:${await listen(proxy)}`;
    const store = await engine.store('sdk');
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const transport = leanTransport({ endpoint, region: 'us-east-1', credentials });
    const lossy = dynamoStore({ table: store.name, transport });
    const writes = [orderIn(store, 'attribute_not_exists(pk)')];

    expect(await lossy.transact('a', { n: 1 }, { when: ABSENT, writes })).toEqual({ applied: true });

    expect(requests).toBe(2);
    expect(await store.get('order')).toEqual({ total: 7 });
  });
});

describe('a store without transactions', () => {
  test('is known by its lack of `transact`', () => {
    const { transact: _, ...store } = memoryStore();

    expect(canTransact(store)).toBe(false);
    expect(canTransact(memoryStore())).toBe(true);
  });
});
