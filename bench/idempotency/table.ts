import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { clientOf, type WireFault } from './wire.ts';

export type WireItem = Record<string, AttributeValue>;

export interface Table {
  readonly name: string;
  /** A client of its own for each sandbox. */
  client(fault?: WireFault): DynamoDBClient;
  items(): Promise<readonly WireItem[]>;
  remove(key: string): Promise<void>;
  close(): void;
}

let tables = 0;

/**
 * A new table, looked at and changed past the library that is put on it.
 * @param sortKey Name of its sort key. Default: it has none.
 */
export async function openTable(endpoint: string, keyAttribute: string, sortKey?: string): Promise<Table> {
  const name = `bench-${++tables}`;
  const names = [keyAttribute, ...(sortKey === undefined ? [] : [sortKey])];
  await createTable(endpoint, {
    TableName: name,
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
  });
  const clients: DynamoDBClient[] = [];
  const client: Table['client'] = (fault) => {
    const made = clientOf(endpoint, fault);
    clients.push(made);
    return made;
  };
  const own = client();
  return {
    name,
    client,
    async items() {
      const { Items = [] } = await own.send(new ScanCommand({ TableName: name, ConsistentRead: true }));
      return Items;
    },
    async remove(key) {
      await own.send(new DeleteItemCommand({ TableName: name, Key: { [keyAttribute]: { S: key } } }));
    },
    close() {
      for (const each of clients) each.destroy();
    },
  };
}
