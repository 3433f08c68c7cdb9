import type { Item, Store, WriteOptions, WriteResult } from '../../lib/core/store.ts';
import { type IdempotencyRecord, readRecord } from '../../lib/idempotency/protocol.ts';
import type { Counts } from './counts.ts';
import { isSameRun } from './executions.ts';
import type { Fate, Send } from './network.ts';

/** The connection of one sandbox to the store, which ends with it. */
export interface Line {
  readonly store: Store;
  /** What becomes of the calls that come next; those after them arrive. */
  expect(fates: readonly Fate[]): void;
  /** The latest claim that was sent, and for which key. */
  readonly claimed: { readonly key: string; readonly record: IdempotencyRecord } | undefined;
  /** What was last seen to be under a key, since calls were expected. */
  readonly seen: IdempotencyRecord | undefined;
  /** Whether that is the record of another run which is at work. */
  isLeased(nowMs: number): boolean;
  /** Whether a write of that owner was refused for its own sake. To ask is to forget. */
  metItself(owner: string): boolean;
  /** How many deletes were sent. */
  readonly deletes: number;
  /** The sandbox is gone and sends nothing more. What is under way stays so. */
  cut(): void;
}

export function line(send: Send, inner: Store, counts: Counts, onClaim: (owner: string) => void): Line {
  const met = new Set<string>();
  let fates: readonly Fate[] = [];
  let claimed: Line['claimed'];
  let seen: Line['seen'];
  const sees = (item: Item | undefined, signal: AbortSignal | undefined) => {
    if (!signal?.aborted) seen = item && readRecord(item);
  };
  let deletes = 0;
  let isCut = false;

  const call = async <R>(request: () => Promise<R>): Promise<R> => {
    if (isCut) return new Promise<never>(() => {});
    const [fate = 'arrives', ...rest] = fates;
    fates = rest;
    return send(fate, request);
  };

  const write = async (request: () => Promise<WriteResult>, { signal }: WriteOptions) => {
    let isAnswered = false;
    const result = await call(async () => {
      const written = await request();
      if (written.applied && (isAnswered || isCut || signal?.aborted)) counts.ghosts++;
      return written;
    });
    isAnswered = true;
    return result;
  };

  return {
    store: {
      name: 'networked',
      async get(key, options) {
        const item = await call(() => inner.get(key));
        sees(item, options?.signal);
        return item;
      },
      async put(key, item, options = {}) {
        const record = readRecord(item);
        if (record?.state === 'in-progress') {
          claimed = { key, record };
          onClaim(record.owner);
        }
        const result = await write(() => inner.put(key, item, options), options);
        if (!result.applied) sees(result.current, options.signal);
        if (!result.applied && record && result.current?.['owner'] === record.owner) met.add(record.owner);
        return result;
      },
      delete(key, options = {}) {
        deletes++;
        return write(() => inner.delete(key, options), options);
      },
    },
    expect(next) {
      fates = next;
      seen = undefined;
    },
    get seen() {
      return seen;
    },
    isLeased: (nowMs) =>
      seen?.state === 'in-progress' &&
      nowMs <= seen.leaseUntil &&
      !isSameRun(seen.owner, claimed?.record.owner ?? ''),
    get deletes() {
      return deletes;
    },
    get claimed() {
      return claimed;
    },
    metItself: (owner) => met.delete(owner),
    cut() {
      isCut = true;
    },
  };
}
