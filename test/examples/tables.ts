import { systemRandom } from '../../lib/core/random.ts';
import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { startDynalite } from '../../lib/local/dynamodb/dynalite.ts';
import { startDynamoDbProxy } from '../../lib/local/dynamodb/proxy.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { emulateTransactions } from '../../lib/local/dynamodb/transactions.ts';
import { faultSwitches } from '../../lib/local/faults.ts';
import type { Mode } from './services.ts';

/** The table of FIBRIN_TABLE. */
export const STORE = 'resilience';

/** Tables that examples name, and the items that each has at first. */
const TABLES: Readonly<Record<string, readonly object[]>> = {
  [STORE]: [],
  cache: [],
  payments: [],
  orders: [],
  accounts: [{ pk: { S: 'ada' }, cents: { N: '1000' } }],
};

/** What the local run's own target for such a table does in a mode. */
const FAULTS = {
  answers: undefined,
  refuses: { kind: 'error', status: 503 },
  hangs: { kind: 'hang' },
} as const;

/** DynamoDB with the tables that examples name. */
export interface Tables {
  readonly port: number;
  /** Sets how DynamoDB answers from now on, and forgets what was written. */
  begin(mode: Mode): Promise<void>;
  /** Ends what hangs. Further requests are answered. */
  release(): void;
  close(): Promise<void>;
}

export async function startTables(): Promise<Tables> {
  const engine = await startDynalite();
  const { endpoint } = engine;
  const faults = faultSwitches({}, systemRandom);
  const proxy = await startDynamoDbProxy({
    behind: Promise.resolve({ endpoint, transactions: emulateTransactions(endpoint) }),
    faults,
    targetOf: () => 'resilience',
  });
  for (const TableName of Object.keys(TABLES)) {
    await createTable(endpoint, {
      TableName,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    });
  }

  const reset = async (TableName: string, items: readonly object[]) => {
    const { Items = [] } = await callDynamoDb(endpoint, 'Scan', { TableName });
    for (const { pk } of Items as readonly { readonly pk: object }[]) {
      await callDynamoDb(endpoint, 'DeleteItem', { TableName, Key: { pk } });
    }
    for (const Item of items) await callDynamoDb(endpoint, 'PutItem', { TableName, Item });
  };

  return {
    port: proxy.port,
    async begin(mode) {
      faults.clear();
      for (const [name, items] of Object.entries(TABLES)) await reset(name, items);
      const fault = FAULTS[mode];
      if (fault) faults.set('resilience', fault);
    },
    release: () => faults.clear(),
    async close() {
      await proxy.close();
      await engine.stop();
    },
  };
}
