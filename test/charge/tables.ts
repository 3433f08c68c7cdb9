import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { keyOfRecord } from '../../lib/idempotency/identity.ts';
import { digestWith } from '../../lib/idempotency/key.ts';
import { type IdempotencyRecord, readRecord } from '../../lib/idempotency/protocol.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import type { Charge } from './ledger.ts';
import { OPERATION } from './trial.ts';

export const RECORDS = 'records';
/** The ledger of those that charge in a transaction. */
export const CHARGES = 'charges';

const KEYED = {
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
};

export async function createTables(endpoint: string): Promise<void> {
  for (const TableName of [RECORDS, CHARGES]) await createTable(endpoint, { TableName, ...KEYED });
}

export function clientOf(endpoint: string, maxAttempts?: number): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials,
    ...(maxAttempts && { maxAttempts }),
  });
}

async function scan(client: DynamoDBClient, TableName: string) {
  const items: ReturnType<typeof fromWireItem>[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    items.push(...Items.map(fromWireItem));
  return items;
}

/** All charges that were made in a transaction. */
export const readCharges = async (client: DynamoDBClient): Promise<readonly Charge[]> =>
  (await scan(client, CHARGES)).map(({ pk, key, amount }) => ({
    ...{ id: String(pk), key: String(key), amount: Number(amount) },
  }));

/** The record of each key. */
export async function readRecords(
  client: DynamoDBClient,
): Promise<(key: string) => IdempotencyRecord | undefined> {
  const items = new Map((await scan(client, RECORDS)).map(({ pk, ...item }) => [pk, item]));
  const digest = digestWith(undefined);
  return (key) => {
    const item = items.get(keyOfRecord(digest, OPERATION, key, {}));
    return item && readRecord(item);
  };
}
