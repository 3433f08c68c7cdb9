import { StoreError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { CountingStore, Item } from '../core/store.ts';
import { type MemoryStore, memoryStore } from '../store/memory.ts';
import { noCosts, readUnitsOf, type StoreCosts, sizeOf, writeUnitsOf } from './costs.ts';
import type { World } from './world.ts';

/** What DynamoDB can do for one key, in units a second. */
const WRITE_UNITS = 1_000;
const READ_UNITS = 3_000;

export interface SimulatedStore {
  readonly store: CountingStore;
  readonly costs: StoreCosts;
  /** Its items, without any of that. */
  readonly items: MemoryStore;
  /** Keys of the items that something was added to. */
  readonly counted: ReadonlySet<string>;
}

/** Counts what one key gets each second. */
function meter(virtual: World) {
  const used = new Map<string, { second: number; reads: number; writes: number }>();
  return (key: string) => {
    const second = Math.floor(virtual.now / 1_000);
    const known = used.get(key);
    if (known?.second === second) return known;
    const fresh = { second, reads: 0, writes: 0 };
    used.set(key, fresh);
    return fresh;
  };
}

/**
 * DynamoDB as far as breakers and caches use it: each request takes time, and each key has so many units a second.
 * @param inner Its items. Default: none at first.
 */
export function simulatedStore(
  virtual: World,
  random: Random,
  inner: MemoryStore = memoryStore('simulated'),
): SimulatedStore {
  const costs = noCosts();
  const meterOf = meter(virtual);
  const counted = new Set<string>();

  /** One to four milliseconds, and as much for the way back: what was applied is not known of at once. */
  const travel = () =>
    new Promise<void>((resolve) => {
      virtual.at(virtual.now + 1 + 3 * random.next(), () => {
        virtual.wake();
        resolve();
      });
    });
  const throttle = (): never => {
    costs.throttled++;
    costs.throttledMs = virtual.now;
    throw new StoreError('throttled', { retryable: true });
  };
  /** A write is paid for by the larger of the item before and after it, also one that its condition refuses. */
  const writing = async <R>(key: string, item: Item | undefined, write: () => Promise<R>): Promise<R> => {
    await travel();
    const used = meterOf(key);
    const before = sizeOf(key, await inner.get(key));
    const units = writeUnitsOf(Math.max(before, sizeOf(key, item)));
    if (used.writes + units > WRITE_UNITS) throttle();
    used.writes += units;
    costs.writes++;
    costs.writeUnits += units;
    costs.peakWrites = Math.max(costs.peakWrites, used.writes);
    virtual.wake();
    const result = await write();
    await travel();
    return result;
  };
  const store: CountingStore = {
    ...inner,
    async get(key, options) {
      await travel();
      const used = meterOf(key);
      const item = await inner.get(key, options);
      const units = readUnitsOf(sizeOf(key, item), options?.isEventual === true);
      if (used.reads + units > READ_UNITS) throttle();
      used.reads += units;
      costs.reads++;
      costs.readUnits += units;
      costs.peakReads = Math.max(costs.peakReads, used.reads);
      await travel();
      return item;
    },
    put: (key, item, options) => writing(key, item, () => inner.put(key, item, options)),
    add(key, amounts, options) {
      counted.add(key);
      return writing(key, undefined, () => inner.add(key, amounts, options));
    },
    delete: (key, options) => writing(key, undefined, () => inner.delete(key, options)),
  };
  return { store, costs, items: inner, counted };
}
