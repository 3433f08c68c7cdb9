import { type BreakerSight, sightOf } from '../breaker/sight.ts';
import { breakerNameOf, readVerdict, verdictKey } from '../breaker/verdict.ts';
import type { Item } from '../core/store.ts';
import { fromWireItem } from '../store/marshal.ts';
import { callDynamoDb } from './dynamodb/client.ts';

interface Page {
  readonly Items?: readonly Readonly<Record<string, unknown>>[];
  readonly LastEvaluatedKey?: object;
}

function sightIn(item: Item, now: number): readonly BreakerSight[] {
  const name = breakerNameOf(String(item['pk']));
  const verdict = readVerdict(item);
  return name === undefined || verdict === undefined ? [] : [sightOf(name, verdict, now)];
}

/** The breakers whose verdicts a table holds. Read past the faults: what one sees must be what is there. */
export async function readBreakers(
  endpoint: string,
  tableName: string,
  now: number,
): Promise<readonly BreakerSight[]> {
  const breakers: BreakerSight[] = [];
  let from: object | undefined;
  do {
    const page = (await callDynamoDb(endpoint, 'Scan', {
      TableName: tableName,
      ConsistentRead: true,
      FilterExpression: 'begins_with(pk, :prefix)',
      ExpressionAttributeValues: { ':prefix': { S: verdictKey('') } },
      ...(from && { ExclusiveStartKey: from }),
    })) as Page;
    breakers.push(...(page.Items ?? []).flatMap((wire) => sightIn(fromWireItem(wire), now)));
    from = page.LastEvaluatedKey;
  } while (from);
  return breakers;
}
