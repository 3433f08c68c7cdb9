import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sleep, systemClock } from '../../core/clock.ts';
import type { Item } from '../../core/store.ts';
import { PARTITION_KEY } from '../../core/table-layout.ts';
import { toWireItem } from '../../store/marshal.ts';
import { LocalRunError } from '../problem.ts';
import type { TableModel } from '../template/tables.ts';
import { callDynamoDb } from './client.ts';
import type { Engine } from './engine.ts';

/** DynamoDB's limit on one BatchWriteItem. */
const BATCH_SIZE = 25;

/** What a seed module's default export yields. */
interface SeedItem {
  readonly key: string;
  readonly item: Item;
}

async function seed(table: TableModel, project: string, endpoint: string): Promise<void> {
  if (table.seed === undefined) return;
  const file = join(project, table.seed);
  let items: SeedItem[];
  try {
    const module = (await import(pathToFileURL(file).href)) as { default: () => Iterable<SeedItem> };
    items = [...module.default()];
  } catch (error) {
    throw new LocalRunError(
      `the seed ${file} of table ${table.logicalId} failed: ${(error as Error).message}`,
      error,
    );
  }
  const requests = items.map(({ key, item }) => ({
    PutRequest: { Item: { ...toWireItem(item), [PARTITION_KEY]: { S: key } } },
  }));
  const batches = Array.from({ length: Math.ceil(requests.length / BATCH_SIZE) }, (_, index) =>
    requests.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE),
  );
  await Promise.all(
    batches.map((batch) =>
      callDynamoDb(endpoint, 'BatchWriteItem', { RequestItems: { [table.tableName]: batch } }),
    ),
  );
}

/** How often one looks whether a table is there, and how long in all. */
const LOOK_MS = 10;
const READY_LIMIT_MS = 10_000;

/** Creates a table and waits until it takes items: engines answer first and make the table after, as DynamoDB does. */
export async function createTable(
  endpoint: string,
  definition: Readonly<Record<string, unknown>> & { readonly TableName: string },
): Promise<void> {
  const { TableName } = definition;
  await callDynamoDb(endpoint, 'CreateTable', { BillingMode: 'PAY_PER_REQUEST', ...definition });
  const giveUpAt = systemClock.monotonic() + READY_LIMIT_MS;
  for (;;) {
    const { Table } = await callDynamoDb(endpoint, 'DescribeTable', { TableName });
    if ((Table as { readonly TableStatus?: string }).TableStatus === 'ACTIVE') return;
    if (systemClock.monotonic() > giveUpAt) {
      throw new LocalRunError(`the table ${TableName} was not ready in ${READY_LIMIT_MS / 1_000} s`);
    }
    await sleep(systemClock, LOOK_MS);
  }
}

/** Creates the template's tables and fills those that bring a seed. */
export async function createTables(
  tables: readonly TableModel[],
  engine: Engine,
  project: string,
): Promise<void> {
  await Promise.all(
    tables.map(async (table) => {
      const { tableName, definition, ttlAttribute, streamViewType } = table;
      await createTable(engine.endpoint, {
        TableName: tableName,
        ...definition,
        ...(engine.streams &&
          streamViewType !== undefined && {
            StreamSpecification: { StreamEnabled: true, StreamViewType: streamViewType },
          }),
      });
      if (engine.ttl && ttlAttribute !== undefined) {
        const TimeToLiveSpecification = { Enabled: true, AttributeName: ttlAttribute };
        await callDynamoDb(engine.endpoint, 'UpdateTimeToLive', {
          TableName: tableName,
          TimeToLiveSpecification,
        });
      }
      await seed(table, project, engine.endpoint);
    }),
  );
}
