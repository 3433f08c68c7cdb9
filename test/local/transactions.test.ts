import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '../../lib/core/random.ts';
import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { startDynamoDbProxy } from '../../lib/local/dynamodb/proxy.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { emulateTransactions } from '../../lib/local/dynamodb/transactions.ts';
import { faultSwitches } from '../../lib/local/faults.ts';
import type { Listening } from '../../lib/local/http/server.ts';
import { hasJava, startTestEngine, type TestEngine, tableName } from '../support/engines.ts';

const TableName = tableName('items');
const key = (pk: string) => ({ pk: { S: pk } });
const put = (pk: string, n: number, more: object = {}) => ({
  Put: { TableName, Item: { ...key(pk), n: { N: String(n) } }, ...more },
});
const absent = {
  ConditionExpression: 'attribute_not_exists(pk)',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
};
const isOne = {
  ConditionExpression: '#n = :one',
  ExpressionAttributeNames: { '#n': 'n' },
  ExpressionAttributeValues: { ':one': { N: '1' } },
};

/** What a transaction does, in both makers: the engine itself, or the run in front of one that has none. */
function contract(choice: 'dynamodb-local' | 'dynalite'): void {
  let engine: TestEngine;
  let proxy: Listening;
  let client: DynamoDBClient;
  beforeAll(async () => {
    engine = await startTestEngine(choice);
    const { endpoint, transactions } = engine.engine;
    await createTable(endpoint, {
      TableName,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    });
    proxy = await startDynamoDbProxy({
      behind: Promise.resolve({
        endpoint,
        transactions: transactions ? undefined : emulateTransactions(endpoint),
      }),
      faults: faultSwitches({}, systemRandom),
      targetOf: () => undefined,
    });
    client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${proxy.port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  });
  afterAll(async () => {
    client.destroy();
    await proxy.close();
    await engine.stop();
  });

  const transact = (
    TransactItems: ConstructorParameters<typeof TransactWriteItemsCommand>[0]['TransactItems'],
  ) => client.send(new TransactWriteItemsCommand({ TransactItems }));
  const numberIn = async (pk: string) => {
    const { Item } = await callDynamoDb(engine.engine.endpoint, 'GetItem', { TableName, Key: key(pk) });
    return (Item as { n?: { N: string } } | undefined)?.n?.N;
  };

  it('makes all of its writes', async () => {
    await transact([put('a', 1), put('b', 1)]);
    await transact([
      put('c', 1, absent),
      {
        Update: {
          TableName,
          Key: key('a'),
          UpdateExpression: 'ADD #n :one',
          ExpressionAttributeNames: { '#n': 'n' },
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
      { Delete: { TableName, Key: key('b') } },
    ]);
    expect([await numberIn('a'), await numberIn('b'), await numberIn('c')]).toEqual(['2', undefined, '1']);
  });

  it('makes none of them when one is refused, and says which and what stood in its way', async () => {
    await transact([put('d', 1), put('e', 1)]);
    await expect(transact([put('f', 7), put('new', 1), put('e', 9, absent)])).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Item: { ...key('e'), n: { N: '1' } } },
      ],
    });
    expect([await numberIn('d'), await numberIn('e'), await numberIn('f'), await numberIn('new')]).toEqual([
      '1',
      '1',
      undefined,
      undefined,
    ]);
  });

  it('checks what it does not write', async () => {
    await transact([put('g', 1)]);
    await transact([{ ConditionCheck: { TableName, Key: key('g'), ...isOne } }, put('h', 1)]);
    const check = { TableName, Key: key('absent'), ...isOne };
    await expect(transact([{ ConditionCheck: check }, put('h', 2)])).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    });
    const notThere = { TableName, Key: key('absent'), ConditionExpression: 'attribute_not_exists(pk)' };
    await transact([{ ConditionCheck: notThere }, put('h', 3)]);
    expect([await numberIn('h'), await numberIn('absent')]).toEqual(['3', undefined]);
  });

  it('lets exactly one of many at once through', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => transact([put('race', n, absent), put(`mine-${n}`, n)])),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(await numberIn('race')).toBe(String(winner));
    const others = await Promise.all(results.map((_, n) => numberIn(`mine-${n}`)));
    expect(others.filter((value) => value !== undefined)).toEqual([String(winner)]);
  });
}

describe.skipIf(!hasJava)('a transaction of DynamoDB Local', () => contract('dynamodb-local'));
describe('a transaction in front of dynalite', () => contract('dynalite'));
