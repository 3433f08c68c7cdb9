import { findJava, startDynamoDbLocal } from '../../lib/local/dynamodb/java.ts';
import { startProcesses } from '../../lib/local/processes.ts';
import { SHARED_ENGINE } from './engines.ts';

/** One DynamoDB Local for all files of a project: starting it costs more than what most of them ask of it. */
export default async function startSharedEngine(): Promise<(() => Promise<void>) | undefined> {
  const java = await findJava();
  if (java === undefined) return undefined;
  const processes = startProcesses();
  const engine = await startDynamoDbLocal(java, processes, new AbortController().signal);
  process.env[SHARED_ENGINE] = JSON.stringify(engine);
  return async () => {
    delete process.env[SHARED_ENGINE];
    await engine.stop();
    await processes.end();
  };
}
