import type { Store } from '../../core/store.ts';
import {
  type IdempotencyRecord,
  type RecordStatus,
  readRecord,
  recordStatusOf,
} from '../../idempotency/protocol.ts';
import { ask } from '../table.ts';

/** A record that was found. */
export interface Found {
  readonly status: RecordStatus;
  readonly record: IdempotencyRecord;
  /** When it was looked at, by this machine's clock. Epoch milliseconds. */
  readonly now: number;
}

/** What is under a key: nothing, something that this version cannot read, or a record. */
export type Sight = Found | { readonly status: 'absent' | 'unreadable' };

/** Looks once, consistently. */
export async function look(store: Store, key: string, clockNow: () => number): Promise<Sight> {
  const item = await ask(store, (signal) => store.get(key, { signal }));
  if (item === undefined) return { status: 'absent' };
  const record = readRecord(item);
  if (record === undefined) return { status: 'unreadable' };
  const now = clockNow();
  return { status: recordStatusOf(record, now), record, now };
}
