import { breakerNameOf, readVerdict, stateName } from '../breaker/machine.ts';
import { fromWireItem } from '../store/marshal.ts';
import { callDynamoDb } from './dynamodb/client.ts';

export interface BreakerState {
  readonly name: string;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly epoch: number;
  readonly since: string;
  readonly until: string;
}

/** The breakers whose verdicts a table holds. Read past the faults: what one sees must be what is there. */
export async function readBreakers(endpoint: string, tableName: string): Promise<readonly BreakerState[]> {
  const { Items } = (await callDynamoDb(endpoint, 'Scan', {
    TableName: tableName,
    ConsistentRead: true,
  })) as {
    Items: readonly Readonly<Record<string, unknown>>[];
  };
  return Items.flatMap((wire) => {
    const item = fromWireItem(wire);
    const name = breakerNameOf(String(item['pk']));
    const verdict = readVerdict(item);
    if (name === undefined || verdict === undefined) return [];
    const { epoch, since, until } = verdict;
    return [
      {
        name,
        state: stateName(verdict),
        epoch,
        since: new Date(since).toISOString(),
        until: new Date(until).toISOString(),
      },
    ];
  });
}
