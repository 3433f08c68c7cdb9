import type { Clock } from '../../lib/core/clock.ts';
import type { Item, Store } from '../../lib/core/store.ts';
import { type IdempotencyRecord, readRecord } from '../../lib/idempotency/protocol.ts';
import type { Counts } from './counts.ts';
import { isSameRun } from './executions.ts';
import type { Referee } from './verdict.ts';

/** A record and its key. */
export interface Held {
  readonly key: string;
  readonly record: IdempotencyRecord;
  /** When it was written. */
  readonly atMs: number;
}

/** A record that was under a key for a while. */
interface Written extends Held {
  /** After how many changes of the store it was gone. */
  goneAt: number;
}

function recordOf(item: Item): IdempotencyRecord {
  const record = readRecord(item);
  if (record === undefined) throw new Error('The store was given something that is no record');
  return record;
}

/**
 * Watches what becomes of the records in a store: of their fences, and who was overtaken. It sees what was applied, never
 * what a sandbox believes.
 */
export function watchRecords(inner: Store, clock: Clock, referee: Referee, counts: Counts) {
  const held = new Map<string, Held>();
  const written = new Map<string, Written[]>();
  /** Of the latest run, as long as its record is there. */
  const runFences = new Map<string, number>();
  const overtaken = new Set<string>();
  const outlived = new Set<string>();
  const releasing = new Set<string>();
  const skewsMs = new Map<string, number>();
  const groundless = new Set<string>();
  let changes = 0;

  const isGone = (key: string) => {
    changes++;
    const last = written.get(key)?.at(-1);
    if (last) last.goneAt = Math.min(last.goneAt, changes);
  };

  const replaced = (key: string, next: IdempotencyRecord) => {
    const old = held.get(key)?.record;
    const found = { key, record: next, atMs: clock.now() };
    held.set(key, found);
    isGone(key);
    written.set(key, [...(written.get(key) ?? []), { ...found, goneAt: Number.POSITIVE_INFINITY }]);
    if (old === undefined) {
      // A late copy of its claim makes it the owner again, of a key that is free: what overtook it has failed.
      if (next.state === 'in-progress') overtaken.delete(next.owner);
      return;
    }
    const isSame = old.owner === next.owner;
    if (next.fence < old.fence || (next.fence === old.fence && !isSame))
      referee.blame('fence', `${old.fence} of ${old.owner} became ${next.fence} of ${next.owner}`);
    if (isSame) return;
    if (old.state === 'completed') {
      counts.renewed++;
      outlived.add(old.owner);
    } else {
      overtaken.add(old.owner);
      counts[isSameRun(old.owner, next.owner) ? 'resumed' : 'takeovers']++;
    }
  };

  const removed = (key: string) => {
    const old = held.get(key)?.record;
    held.delete(key);
    isGone(key);
    runFences.delete(key);
    if (old?.state === 'in-progress' && !releasing.has(old.owner)) overtaken.add(old.owner);
  };

  const store: Store = {
    name: inner.name,
    get: inner.get,
    async put(key, item, options) {
      const result = await inner.put(key, item, options);
      if (result.applied) replaced(key, recordOf(item));
      return result;
    },
    async delete(key, options) {
      const result = await inner.delete(key, options);
      if (result.applied) removed(key);
      return result;
    },
  };

  return {
    store,
    /** What is under the keys now. */
    held: (): readonly Held[] => [...held.values()],
    /** By how much the clock of the owner with that token is off. */
    isOf: (owner: string, skewMs: number) => void skewsMs.set(owner, skewMs),
    skewOf: ({ owner }: IdempotencyRecord) => skewsMs.get(owner) ?? 0,
    /** How often the store has changed. */
    get changes() {
      return changes;
    },
    /** What has been under a key since the store had changed so often. */
    since: (key: string, first: number): readonly IdempotencyRecord[] =>
      (written.get(key) ?? []).filter(({ goneAt }) => goneAt > first).map(({ record }) => record),
    /** Its run has proved that nothing happened, and no delete of its record was sent. */
    leftFor: (owner: string) => void groundless.add(owner),
    isGroundless: (owner: string) => groundless.has(owner),
    isOvertaken: (owner: string) => overtaken.has(owner),
    /** Its completion is there no more. Who has not heard of it takes it for another's. */
    isOutlived: (owner: string) => outlived.has(owner),
    /** From now on its record may go without another run having taken it. */
    releases: (owner: string) => void releasing.add(owner),
    runs(key: string, { owner, fence }: IdempotencyRecord) {
      const before = runFences.get(key) ?? 0;
      // Who hears only now of a claim that is no longer its own has the lower fence, and is refused for it.
      if (overtaken.has(owner) && fence < before) return;
      if (fence <= before) referee.blame('fence', `${owner} runs with ${fence} after a run with ${before}`);
      runFences.set(key, fence);
    },
    /** Takes a record away as a person with access to the table can, if it is still the one that was looked at. */
    remove: ({ key, record: { owner, state } }: Held) =>
      store.delete(key, {
        when: [
          [
            { attribute: 'owner', is: '=', value: owner },
            { attribute: 'state', is: '=', value: state },
          ],
        ],
      }),
  };
}

export type Records = ReturnType<typeof watchRecords>;
