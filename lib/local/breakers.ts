import { admittedShare } from '../breaker/shares.ts';
import { breakerNameOf, readVerdict, stateName, verdictKey } from '../breaker/verdict.ts';
import type { Item } from '../core/store.ts';
import { fromWireItem } from '../store/marshal.ts';
import { callDynamoDb } from './dynamodb/client.ts';

export interface BreakerState {
  readonly name: string;
  readonly state: ReturnType<typeof stateName>;
  readonly epoch: number;
  readonly since: string;
  readonly until: string;
  /** Calls a second that the fleet makes; 0: nobody knows. */
  readonly rate: number;
  /** The share of calls that is let through. Below 1 while it has just closed. */
  readonly admittedShare: number;
}

interface Page {
  readonly Items?: readonly Readonly<Record<string, unknown>>[];
  readonly LastEvaluatedKey?: object;
}

/** The last moment that a Date can tell. */
const LAST_MS = 8.64e15;
const momentOf = (ms: number): string => new Date(Math.min(ms, LAST_MS)).toISOString();

function stateOf(item: Item, now: number): readonly BreakerState[] {
  const name = breakerNameOf(String(item['pk']));
  const verdict = readVerdict(item);
  if (name === undefined || verdict === undefined) return [];
  const { epoch, since, until, rate } = verdict;
  const times = { since: momentOf(since), until: momentOf(until) };
  const share = admittedShare(verdict, now);
  return [{ name, state: stateName(verdict, now), epoch, ...times, rate, admittedShare: share }];
}

/** The breakers whose verdicts a table holds. Read past the faults: what one sees must be what is there. */
export async function readBreakers(
  endpoint: string,
  tableName: string,
  now: number,
): Promise<readonly BreakerState[]> {
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
    breakers.push(...(page.Items ?? []).flatMap((wire) => stateOf(fromWireItem(wire), now)));
    from = page.LastEvaluatedKey;
  } while (from);
  return breakers;
}
