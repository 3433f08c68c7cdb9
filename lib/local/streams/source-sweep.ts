import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { callDynamoDb } from '../dynamodb/client.ts';
import { itemBytes } from './item-size.ts';
import type { StreamRecord, StreamSource, StreamViewType, WireItem } from './source.ts';

export interface SweepSourceOptions {
  readonly endpoint: string;
  readonly tableName: string;
  readonly streamViewType: StreamViewType;
  /** Stamps the records. */
  readonly clock: Clock;
  readonly random: Random;
  /** Unit: milliseconds, from the end of a sweep to the next. Default 1000. */
  readonly pollMs?: number;
}

/** There is one, as in DynamoDB Local; the service would split a large table's. */
const SHARD_ID = 'shardId-00000000000000000000-00000001';

type Change = Pick<StreamRecord, 'eventName'> & {
  readonly before: WireItem | undefined;
  readonly now: WireItem | undefined;
};

/** Puts the changes of one sweep in order: items as the table gives them, then those that are gone. */
function* changesBetween(
  before: ReadonlyMap<string, WireItem>,
  now: ReadonlyMap<string, WireItem>,
): Generator<Change> {
  for (const [key, item] of now) {
    const old = before.get(key);
    if (old === undefined) yield { eventName: 'INSERT', before: undefined, now: item };
    // A write that changes nothing makes no record on AWS either.
    else if (!isDeepStrictEqual(old, item)) yield { eventName: 'MODIFY', before: old, now: item };
  }
  for (const [key, old] of before) {
    if (!now.has(key)) yield { eventName: 'REMOVE', before: old, now: undefined };
  }
}

/**
 * Makes a stream for a table whose engine keeps none: reads the whole table over and over and tells what is different.
 *
 * It tells less than a stream does:
 * - Several changes of an item between two sweeps are one, from the first image to the last; an item that was put and
 *   deleted in between was never there, and one that was deleted and put again was modified.
 * - Changes of different items in one sweep come in the table's order, not in the order in which they were made.
 * - A sweep is no snapshot: of two changes that were made while it ran, it may tell the second one sweep earlier.
 * - The time of a record is that of the sweep, and no record says that an item expired.
 * - A sweep reads everything: right for the tables of a local run, too slow for large ones.
 * @throws {LocalRunError} from `read`, when there is no such table or the engine does not answer.
 */
export function sweepSource(options: SweepSourceOptions): StreamSource {
  const { endpoint, tableName, streamViewType, clock, random } = options;
  let keyNames: readonly string[] | undefined;
  let seen: ReadonlyMap<string, WireItem> = new Map();
  let sequence = 0;

  const findKeyNames = async (signal: AbortSignal): Promise<readonly string[]> => {
    const { Table } = await callDynamoDb(endpoint, 'DescribeTable', { TableName: tableName }, { signal });
    const { KeySchema } = Table as { readonly KeySchema: readonly { readonly AttributeName: string }[] };
    return KeySchema.map(({ AttributeName }) => AttributeName);
  };

  const keysOf = (item: WireItem, names: readonly string[]): WireItem =>
    Object.fromEntries(names.map((name) => [name, item[name]]));

  const scan = async (names: readonly string[], signal: AbortSignal): Promise<Map<string, WireItem>> => {
    const items = new Map<string, WireItem>();
    let from: unknown;
    do {
      const input = {
        TableName: tableName,
        ConsistentRead: true,
        ...(from !== undefined && { ExclusiveStartKey: from }),
      };
      const page = await callDynamoDb(endpoint, 'Scan', input, { signal });
      for (const item of page['Items'] as readonly WireItem[])
        items.set(JSON.stringify(keysOf(item, names)), item);
      from = page['LastEvaluatedKey'];
    } while (from !== undefined);
    return items;
  };

  const toRecord = ({ eventName, before, now }: Change, names: readonly string[]): StreamRecord => {
    const images = {
      Keys: keysOf(now ?? before ?? {}, names),
      ...(now !== undefined && /NEW/.test(streamViewType) && { NewImage: now }),
      ...(before !== undefined && /OLD/.test(streamViewType) && { OldImage: before }),
    };
    return {
      eventID: random.token().replaceAll('-', ''),
      eventName,
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(clock.now() / 1_000),
        ...images,
        SequenceNumber: String(++sequence).padStart(21, '0'),
        SizeBytes: Object.values(images).reduce((bytes, image) => bytes + itemBytes(image), 0),
        StreamViewType: streamViewType,
      },
    };
  };

  return {
    pollMs: options.pollMs ?? 1_000,
    async read(deliver, signal) {
      keyNames ??= await findKeyNames(signal);
      const names = keyNames;
      const now = await scan(names, signal);
      const records = [...changesBetween(seen, now)].map((change) => toRecord(change, names));
      seen = now;
      if (records.length > 0) deliver({ shardId: SHARD_ID, origin: SHARD_ID, records });
    },
  };
}
