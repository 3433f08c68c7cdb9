import { hash } from 'node:crypto';
import { itemOf, storedOf } from '../../lib/cache/stored.ts';
import type { Item } from '../../lib/core/store.ts';
import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { fromWireItem, toWireItem } from '../../lib/store/marshal.ts';
import type { Api } from './api.ts';
import { itemsOf } from './asked.ts';

/** An item as DynamoDB has it. */
type WireItem = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

interface UserChange {
  readonly name: string;
  readonly version: number;
  readonly events?: readonly unknown[];
}

/** What the caches of the profile app keep, and the table of the users, from outside. */
export interface CacheTable {
  /** What is kept under a key of a cache. */
  entry(cache: string, key: string): Promise<WireItem | undefined>;
  /** Writes over members of it. */
  spoil(cache: string, key: string, members: WireItem): Promise<void>;
  /** Makes it as old as it may be: from now on it is stale. */
  expire(cache: string, key: string): Promise<void>;
  /** Takes it out, as TTL does. */
  drop(cache: string, key: string): Promise<void>;
  /** Changes a user behind the back of the app. Without events no consumer hears of it. */
  changeUser(id: number, change: UserChange): Promise<void>;
}

export async function cacheTableOf(api: Api): Promise<CacheTable> {
  const { endpoint, TableName } = await itemsOf(api, 'Cache');
  const users = (await itemsOf(api, 'Users')).TableName;
  const keyOf = (cache: string, key: string) => ({
    pk: { S: `cache#${cache}#1#${hash('sha256', key, 'base64url')}` },
  });
  const itemIn = async (table: unknown, Key: object) =>
    (await callDynamoDb(endpoint, 'GetItem', { TableName: table, Key, ConsistentRead: true }))['Item'] as
      | WireItem
      | undefined;
  const put = async (table: unknown, Item: object) =>
    void (await callDynamoDb(endpoint, 'PutItem', { TableName: table, Item }));
  const entry: CacheTable['entry'] = (cache, key) => itemIn(TableName, keyOf(cache, key));
  return {
    entry,
    async spoil(cache, key, members) {
      await put(TableName, { ...(await entry(cache, key)), ...keyOf(cache, key), ...members });
    },
    async expire(cache, key) {
      const { pk } = keyOf(cache, key);
      const now = Date.now();
      const { stored } = storedOf(pk.S, fromWireItem((await entry(cache, key)) ?? {}) as Item, now);
      if (!stored.value) throw new Error(`expected an entry of ${cache} for ${key}`);
      const value = { ...stored.value, since: now - stored.value.freshMs };
      const staleMs = 3_600_000;
      await put(TableName, { ...toWireItem(itemOf(pk.S, { ...stored, value }, { now, staleMs })), pk });
    },
    async drop(cache, key) {
      await callDynamoDb(endpoint, 'DeleteItem', { TableName, Key: keyOf(cache, key) });
    },
    async changeUser(id, { name, version, events }) {
      const { outbox: _, ...user } = (await itemIn(users, { pk: { S: `user#${id}` } })) ?? {};
      await put(users, {
        ...{ ...user, name: { S: name }, version: { N: String(version) } },
        ...(events && { outbox: { S: JSON.stringify(events) } }),
      });
    },
  };
}
