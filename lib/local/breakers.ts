import { breakerNameOf, readVerdict, stateName, verdictKey } from '../breaker/machine.ts';
import type { Item } from '../core/store.ts';
import { fromWireItem } from '../store/marshal.ts';
import { callDynamoDb } from './dynamodb/client.ts';

export interface BreakerState {
  readonly name: string;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly epoch: number;
  readonly since: string;
  readonly until: string;
}

interface Page {
  readonly Items?: readonly Readonly<Record<string, unknown>>[];
  readonly LastEvaluatedKey?: object;
}

function stateOf(item: Item): readonly BreakerState[] {
  const name = breakerNameOf(String(item['pk']));
  const verdict = readVerdict(item);
  if (name === undefined || verdict === undefined) return [];
  const { epoch, since, until } = verdict;
  const times = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
  return [{ name, state: stateName(verdict), epoch, ...times }];
}

/** The breakers whose verdicts a table holds. Read past the faults: what one sees must be what is there. */
export async function readBreakers(endpoint: string, tableName: string): Promise<readonly BreakerState[]> {
  const breakers: BreakerState[] = [];
  let from: object | undefined;
  do {
    const page = (await callDynamoDb(endpoint, 'Scan', {
      TableName: tableName,
      ConsistentRead: true,
      FilterExpression: 'begins_with(pk, :prefix)',
      ExpressionAttributeValues: { ':prefix': { S: verdictKey('') } },
      ...(from && { ExclusiveStartKey: from }),
    })) as Page;
    breakers.push(...(page.Items ?? []).flatMap((wire) => stateOf(fromWireItem(wire))));
    from = page.LastEvaluatedKey;
  } while (from);
  return breakers;
}
