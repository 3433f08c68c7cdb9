import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { EFFECTS } from './operation.ts';

/** What is there of the effects under one key. */
export interface Effect {
  readonly executions: number;
  /** Whose runs they were of. */
  readonly runs: readonly string[];
}

const NONE: Effect = { executions: 0, runs: [] };

export async function readEffects(client: DynamoDBClient): Promise<(key: string) => Effect> {
  const effects = new Map<string, Effect>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName: EFFECTS, ConsistentRead: true })) {
    for (const { pk, executions, runs } of Items)
      effects.set(pk?.S ?? '', { executions: Number(executions?.N), runs: runs?.SS ?? [] });
  }
  return (key) => effects.get(key) ?? NONE;
}
