import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import { canTransact, type TransactionalStore } from '../../lib/core/store.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';

/** dynalite has no transactions. */
describe.skipIf(!hasJava)('an item that is written together with others', () => {
  let engine: TestEngine;
  let store: TransactionalStore;
  beforeAll(async () => {
    engine = await startTestEngine('dynamodb-local');
  });
  beforeEach(async () => {
    store = await engine.store();
  });
  afterAll(() => engine.stop());

  /** Another write, as the caller of a transaction gives it: of an item in the same table here. */
  const order = (condition?: string) => ({
    Put: {
      TableName: store.name,
      Item: { pk: { S: 'order' }, total: { N: '7' } },
      ...(condition && { ConditionExpression: condition }),
    },
  });

  test('is written with all of them', async () => {
    const key = { pk: { S: 'old order' } };
    await store.put('old order', { total: 1 });

    const result = await store.transact(
      'a',
      { n: 1 },
      {
        when: ['absent'],
        writes: [order('attribute_not_exists(pk)'), { Delete: { TableName: store.name, Key: key } }],
      },
    );

    expect(result).toEqual({ applied: true });
    expect(await store.get('a')).toEqual({ n: 1 });
    expect(await store.get('order')).toEqual({ total: 7 });
    expect(await store.get('old order')).toBeUndefined();
  });

  test('is refused by its own condition with what is there, and nothing is written', async () => {
    await store.put('a', { n: 1, owner: 'me' });

    const result = await store.transact('a', { n: 2 }, { when: ['absent'], writes: [order()] });

    expect(result).toEqual({ applied: false, current: { n: 1, owner: 'me' } });
    expect(await store.get('a')).toEqual({ n: 1, owner: 'me' });
    expect(await store.get('order')).toBeUndefined();
  });

  test('is refused by its own condition where nothing is', async () => {
    const when = [[{ attribute: 'n', is: '=', value: 1 }]] as const;

    expect(await store.transact('a', { n: 2 }, { when, writes: [order()] })).toEqual({
      applied: false,
      current: undefined,
    });
    expect(await store.get('order')).toBeUndefined();
  });

  test('is not written when the condition of another one is refused, which the caller hears as the SDK says it', async () => {
    await expect(
      store.transact('a', { n: 1 }, { when: ['absent'], writes: [order('attribute_exists(pk)')] }),
    ).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });

    expect(await store.get('a')).toBeUndefined();
  });

  test('is the first to be heard of where both are refused', async () => {
    await store.put('a', { n: 1 });

    expect(
      await store.transact('a', { n: 2 }, { when: ['absent'], writes: [order('attribute_exists(pk)')] }),
    ).toEqual({ applied: false, current: { n: 1 } });
  });

  test('may come with a check of an item that is not written', async () => {
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

  test('is written once by a request that the SDK sends again', async () => {
    let attempts = 0;
    const client = engine.client;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (++attempts === 1) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
        return answer;
      },
      { step: 'deserialize', priority: 'low', name: 'answerLost' },
    );
    try {
      const result = await store.transact(
        'a',
        { n: 1 },
        { when: ['absent'], writes: [order('attribute_not_exists(pk)')] },
      );

      expect(result).toEqual({ applied: true });
      expect(attempts).toBe(2);
    } finally {
      client.middlewareStack.remove('answerLost');
    }
    expect(await store.get('order')).toEqual({ total: 7 });
  });

  test('is an error of the store where a request makes no sense', async () => {
    const other = { Put: { TableName: 'no-such-table', Item: { pk: { S: 'x' } } } };

    await expect(store.transact('a', { n: 1 }, { writes: [other] })).rejects.toBeInstanceOf(StoreError);

    expect(await store.get('a')).toBeUndefined();
  });
});

describe('a store without transactions', () => {
  test('says so by what it has', () => {
    expect(canTransact(memoryStore())).toBe(false);
  });

  test('is told by name where its transport has none', async () => {
    const { transact: _, ...transport } = sdkTransport();
    const store = dynamoStore({ table: 'resilience', transport });

    await expect(store.transact('a', { n: 1 }, { writes: [] })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: false,
      message: expect.stringMatching(/resilience.*transport has no transactions/),
    });
  });
});
