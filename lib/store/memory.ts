import type { Condition, CountingStore, Item, TransactionalStore, TransactWrite } from '../core/store.ts';
import { MemoryTable } from './memory-table.ts';
import { transactInMemory, transactWriteOf } from './memory-transaction.ts';

export interface MemoryStore extends TransactionalStore, CountingStore {
  /** The write of one of its items, for a transaction of another memory store's: `claim.completeWith([users.writeOf(…)], …)`. */
  writeOf(key: string, item: Item, options?: { readonly when?: Condition }): TransactWrite;
}

/**
 * A store in this process's memory that behaves as the one on DynamoDB does: for tests. Nothing else sees its items and it
 * never removes one, so it protects nothing in a deployed function.
 *
 * Its transactions take the writes that `writeOf` of memory stores makes, whatever their names; one of an SDK's own form is
 * refused with a `StoreError`.
 * @param name What it is called in messages. Default `memory`.
 * @example
 * ```ts
 * const users = memoryStore('users');
 * const store = memoryStore('idempotency');
 * const writes = [users.writeOf('7', { version: 1 }, { when: ['absent'] })];
 * await store.transact('put-7', { status: 'done' }, { writes });
 * console.log(await users.get('7')); // { version: 1 }
 * ```
 */
export function memoryStore(name = 'memory'): MemoryStore {
  const table = new MemoryTable(name);
  return {
    name,
    get: async (key) => table.get(key),
    put: async (key, item, { when } = {}) => table.put(key, item, when),
    add: async (key, amounts, options) => table.add(key, amounts, options),
    delete: async (key, { when } = {}) => table.delete(key, when),
    writeOf: (key, item, { when } = {}) => transactWriteOf({ table, key, item, when }),
    transact: async (key, item, { when, writes }) => transactInMemory({ table, key, item, when }, writes),
  };
}
