import { StoreError } from '../core/errors.ts';
import type { Condition, Item, TransactWrite, WriteResult } from '../core/store.ts';
import { PARTITION_KEY } from '../core/table-layout.ts';
import type { MemoryTable } from './memory-table.ts';
import { putInput } from './put.ts';

/** The write of one item into a table in memory. */
export interface MemoryWrite {
  readonly table: MemoryTable;
  readonly key: string;
  readonly item: Item;
  readonly when: Condition | undefined;
}

/** DynamoDB's own limit, so that a test finds what would be refused in production. */
const MAX_WRITES = 100;

/** The table of each write that was made here: two stores may have one name. */
const writes = new WeakMap<object, MemoryWrite>();

/** A write in the form that a transaction of DynamoDB takes, so that it looks alike in tests. */
export function transactWriteOf(write: MemoryWrite): TransactWrite {
  const { table, key, item, when } = write;
  const put = putInput({ table: table.name, keyAttribute: PARTITION_KEY, key }, item, when);
  // What its caller changes later is not written.
  writes.set(put, { ...write, item: { ...item } });
  return { Put: put };
}

function describe(write: TransactWrite): string {
  const [operation, input] = Object.entries(write)[0] ?? [];
  if (operation === undefined) return 'no write';
  const { TableName } = input as { readonly TableName?: unknown };
  const place = TableName === undefined ? 'without a table' : `of table "${String(TableName)}"`;
  return `${operation === 'Update' ? 'an' : 'a'} ${operation} ${place}`;
}

const writeIn = (store: string, write: TransactWrite): MemoryWrite => {
  const known = writes.get(write.Put ?? write);
  if (known) return known;
  throw new StoreError(
    `${store}: expected writes made by \`writeOf\` of a memoryStore, got ${describe(write)}; nothing was written`,
  );
};

/** As the AWS SDK throws it where one of the other writes was refused. */
function cancelled(areRefused: readonly boolean[]): Error {
  const codes = areRefused.map((isRefused) => (isRefused ? 'ConditionalCheckFailed' : 'None'));
  const error = new Error(
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
  );
  return Object.assign(error, {
    name: 'TransactionCanceledException',
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

/**
 * Applies all writes or none. The result is about `own`, the item of the store whose transaction it is.
 * @throws {StoreError} for a write that no memory store made, two writes of one item, and more than 100 writes.
 */
export function transactInMemory(own: MemoryWrite, others: readonly TransactWrite[]): WriteResult {
  const { name } = own.table;
  const all = [own, ...others.map((write) => writeIn(name, write))];
  if (all.length > MAX_WRITES)
    throw new StoreError(`${name}: a transaction takes ${MAX_WRITES} writes at most, got ${all.length}`);
  const isRepeated = all.some(({ table, key }, index) =>
    all.slice(0, index).some((before) => before.table === table && before.key === key),
  );
  if (isRepeated)
    throw new StoreError(`${name}: a transaction writes an item once, got two writes of one item`);

  const areRefused = all.map(({ table, key, when }) => !table.allows(key, when));
  if (areRefused[0]) return { applied: false, current: own.table.get(own.key) };
  if (areRefused.includes(true)) throw cancelled(areRefused);
  for (const { table, key, item } of all) table.set(key, item);
  return { applied: true };
}
