import type { Log } from '../log.ts';
import { LocalRunError } from '../problem.ts';
import type { Processes } from '../processes.ts';
import type { EngineChoice } from './choice.ts';
import { startDynalite } from './dynalite.ts';
import { findJava, startDynamoDbLocal } from './java.ts';

/** A DynamoDB on this machine. */
export interface Engine {
  readonly name: 'DynamoDB Local' | 'dynalite';
  readonly endpoint: string;
  /** What it does less well than the service, for people. Empty when nothing that matters here. */
  readonly weaker: readonly string[];
  readonly ttl: boolean;
  readonly transactions: boolean;
  /** Whether tables can have streams. */
  readonly streams: boolean;
  stop(): Promise<void>;
}

/** Starts Amazon's DynamoDB Local where there is a Java for it, else dynalite. The signal ends a start that takes time. */
export async function startEngine(
  choice: EngineChoice,
  processes: Processes,
  log: Log,
  signal: AbortSignal,
): Promise<Engine> {
  if (choice === 'dynalite') return startDynalite();
  const java = await findJava();
  if (java === undefined) {
    if (choice === 'dynamodb-local')
      throw new LocalRunError(
        'DynamoDB Local needs Java 17 or later on the PATH or in JAVA_HOME; install it, or use --dynamodb dynalite',
      );
    return startDynalite();
  }
  try {
    return await startDynamoDbLocal(java, processes, signal);
  } catch (error) {
    if (choice === 'dynamodb-local' || signal.aborted) throw error;
    log.say(`DynamoDB Local did not start (${(error as Error).message}); dynalite takes its place`);
    return startDynalite();
  }
}
