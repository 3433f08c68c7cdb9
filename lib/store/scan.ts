import type { Item } from '../core/store.ts';
import { PARTITION_KEY } from '../core/table-layout.ts';
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

export interface FoundItem {
  readonly key: string;
  readonly item: Item;
}

/** What a table holds under keys that begin alike, and how many items were read to find that. */
export interface Found {
  readonly items: readonly FoundItem[];
  readonly itemsRead: number;
}

/** All items whose key begins with the prefix. Reads the whole table, page by page. */
export async function scanPrefix(
  scan: Scan,
  table: string,
  prefix: string,
  keyAttribute: string = PARTITION_KEY,
): Promise<Found> {
  const items: FoundItem[] = [];
  let itemsRead = 0;
  let from: ScanPage['LastEvaluatedKey'];
  do {
    const page = await scan({
      TableName: table,
      ConsistentRead: true,
      FilterExpression: 'begins_with(#key, :prefix)',
      ExpressionAttributeNames: { '#key': keyAttribute },
      ExpressionAttributeValues: { ':prefix': { S: prefix } },
      ...(from && { ExclusiveStartKey: from }),
    });
    itemsRead += page.ScannedCount ?? 0;
    for (const wire of page.Items ?? []) {
      const { [keyAttribute]: key, ...item } = fromWireItem(wire);
      items.push({ key: String(key), item });
    }
    from = page.LastEvaluatedKey;
  } while (from);
  return { items, itemsRead };
}
