import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EngineChoice } from '../../lib/local/dynamodb/choice.ts';
import { type Engine, startEngine } from '../../lib/local/dynamodb/engine.ts';
import { findJava } from '../../lib/local/dynamodb/java.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import { type DynamoStore, dynamoStore } from '../../lib/store/dynamodb.ts';
import { leanTransport } from '../../lib/store/lean/index.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import type { DynamoTransport } from '../../lib/store/transport/transport.ts';

export const hasJava: boolean = (await findJava()) !== undefined;

/** Environment variable with the engine that is there for all files, as JSON. Unset: each starts its own. */
export const SHARED_ENGINE = 'FIBRIN_TEST_ENGINE';

/** The name of a table that no other test has. */
export const tableName = (of: string): string => `${of}-${randomUUID()}`;

export type TransportChoice = 'sdk' | 'lean';

export interface TestEngine {
  readonly engine: Engine;
  /** Processes that end with it, or however this one ends. */
  readonly processes: Processes;
  readonly client: DynamoDBClient;
  readonly transports: Readonly<Record<TransportChoice, DynamoTransport>>;
  /** A store on a table of its own. By default over the lean transport. */
  store(transport?: TransportChoice): Promise<DynamoStore>;
  stop(): Promise<void>;
}

function sharedEngine(choice: EngineChoice): Engine | undefined {
  const shared = process.env[SHARED_ENGINE];
  if (choice === 'dynalite' || shared === undefined) return undefined;
  return { ...(JSON.parse(shared) as Engine), stop: async () => undefined };
}

/** A real DynamoDB on this machine for one test file: that of all files where there is one, else its own. */
export async function startTestEngine(choice: EngineChoice): Promise<TestEngine> {
  const processes: Processes = startProcesses();
  const log = { say: () => undefined, output: () => undefined };
  const engine =
    sharedEngine(choice) ?? (await startEngine(choice, processes, log, new AbortController().signal));
  const options = {
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const client = new DynamoDBClient(options);
  const transports = { sdk: sdkTransport(client), lean: leanTransport(options) };
  return {
    engine,
    processes,
    client,
    transports,
    async store(transport = 'lean') {
      const table = tableName('table');
      await createTable(engine.endpoint, {
        TableName: table,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      });
      return dynamoStore({ table, transport: transports[transport] });
    },
    async stop() {
      client.destroy();
      await engine.stop();
      await processes.end();
    },
  };
}

/** What a command finds in its environment where it is to work on a table of the engine. */
export const commandEnv = ({ engine }: TestEngine, table: string): NodeJS.ProcessEnv => ({
  AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  FIBRIN_TABLE: table,
});
