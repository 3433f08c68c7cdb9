import { breakerNameOf, verdictKey } from '../breaker/verdict.ts';
import type { Item } from '../core/store.ts';
import { fromWireItem, type WireItem } from './marshal.ts';

export interface ScanInput {
  readonly TableName: string;
  readonly ConsistentRead: boolean;
  readonly FilterExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: WireItem;
  readonly ExclusiveStartKey?: object;
}

export interface ScanPage {
  readonly Items?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly ScannedCount?: number | undefined;
  readonly LastEvaluatedKey?: object | undefined;
}

/** One request of DynamoDB's Scan. */
export type Scan = (input: ScanInput, signal?: AbortSignal) => Promise<ScanPage>;

/** What a table holds under the names of breakers, and how many items were read to find that. */
export interface FoundVerdicts {
  readonly verdicts: readonly { readonly name: string; readonly item: Item }[];
  readonly itemsRead: number;
}

/** The verdicts of all breakers that a table holds. Reads the whole table, page by page. */
export async function scanVerdicts(scan: Scan, table: string, keyAttribute = 'pk'): Promise<FoundVerdicts> {
  const verdicts: FoundVerdicts['verdicts'][number][] = [];
  let itemsRead = 0;
  let from: ScanPage['LastEvaluatedKey'];
  do {
    const page = await scan({
      TableName: table,
      ConsistentRead: true,
      FilterExpression: 'begins_with(#key, :prefix)',
      ExpressionAttributeNames: { '#key': keyAttribute },
      ExpressionAttributeValues: { ':prefix': { S: verdictKey('') } },
      ...(from && { ExclusiveStartKey: from }),
    });
    itemsRead += page.ScannedCount ?? 0;
    for (const wire of page.Items ?? []) {
      const { [keyAttribute]: key, ...item } = fromWireItem(wire);
      const name = breakerNameOf(String(key));
      if (name !== undefined) verdicts.push({ name, item });
    }
    from = page.LastEvaluatedKey;
  } while (from);
  return { verdicts, itemsRead };
}
