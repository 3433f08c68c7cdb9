import { readState } from '../breaker/state.ts';
import { summaryOf } from '../breaker/summary.ts';
import { breakerKey, breakerNameOf, PARTITION_KEY } from '../core/table-layout.ts';
import { fromWireItem, type WireItem } from '../store/marshal.ts';
import { callDynamoDb } from './dynamodb/client.ts';

/** Sees when a shared breaker changes its state. */
export interface BreakerWatch {
  /** Takes a write to tables, as it was requested. */
  wrote(tables: readonly string[], request: string): void;
  /** What has changed since it was asked last: `breaker posts: closed → open (too many calls failed)`. */
  changes(): Promise<readonly string[]>;
}

interface Written {
  readonly table: string;
  readonly key: string;
}

/** A key of a state, as JSON writes it. */
const KEY = new RegExp(`"${breakerKey('')}(?:[^"\\\\]|\\\\.)*"`, 'g');

/** @param endpoint The engine's own: what is read must be what is there, whatever fault the table has. */
export function breakerWatch(endpoint: Promise<string>, now: () => number): BreakerWatch {
  const written = new Map<string, Written>();
  const states = new Map<string, string>();

  const changeOf = async (id: string, { table, key }: Written): Promise<string | undefined> => {
    const { Item } = await callDynamoDb(await endpoint, 'GetItem', {
      TableName: table,
      Key: { [PARTITION_KEY]: { S: key } },
      ConsistentRead: true,
    });
    const name = breakerNameOf(key) ?? key;
    const { state: stored } = readState(name, Item === undefined ? Item : fromWireItem(Item as WireItem));
    if (stored === undefined) return undefined;
    const { state, reason } = summaryOf(name, stored, now());
    const before = states.get(id) ?? 'closed';
    states.set(id, state);
    if (state === before) return undefined;
    return `breaker ${name}: ${before} → ${state}${reason === null ? '' : ` (${reason})`}`;
  };

  return {
    wrote(tables, request) {
      if (tables.length === 0) return;
      for (const [text] of request.matchAll(KEY)) {
        const key = JSON.parse(text) as string;
        for (const table of tables) written.set(`${table} ${key}`, { table, key });
      }
    },
    async changes() {
      const all = [...written];
      written.clear();
      // What cannot be read is no breaker's state, or its table is gone.
      const found = await Promise.all(all.map(([id, at]) => changeOf(id, at).catch(() => undefined)));
      return found.filter((change) => change !== undefined);
    },
  };
}
