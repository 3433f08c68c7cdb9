import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TransactionalStore } from '../../lib/core/store.ts';
import { type Engine, type EngineChoice, startEngine } from '../../lib/local/dynamodb/engine.ts';
import { findJava } from '../../lib/local/dynamodb/java.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';

export const hasJava: boolean = (await findJava()) !== undefined;

export interface TestEngine {
  readonly engine: Engine;
  /** Processes that end with it, or however this one ends. */
  readonly processes: Processes;
  readonly client: DynamoDBClient;
  /** A store on a table of its own. */
  store(): Promise<TransactionalStore>;
  stop(): Promise<void>;
}

/** A real DynamoDB on this machine for one test file. */
export async function startTestEngine(choice: EngineChoice): Promise<TestEngine> {
  const processes: Processes = startProcesses();
  const log = { say: () => undefined, output: () => undefined };
  const engine = await startEngine(choice, processes, log, new AbortController().signal);
  const client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  let tables = 0;
  return {
    engine,
    processes,
    client,
    async store() {
      const table = `table-${++tables}`;
      await createTable(engine.endpoint, {
        TableName: table,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      });
      return dynamoStore({ table, transport: sdkTransport(client) });
    },
    async stop() {
      client.destroy();
      await engine.stop();
      await processes.end();
    },
  };
}
