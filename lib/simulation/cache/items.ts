import type { Random } from '../../core/random.ts';
import type { Item } from '../../core/store.ts';
import { EXPIRY_ATTRIBUTE } from '../../core/table-layout.ts';
import { type MemoryStore, memoryStore } from '../../store/memory.ts';
import { clockIn, type World } from '../world.ts';

interface Former {
  readonly item: Item | undefined;
  readonly untilMs: number;
}

export interface ItemsOptions {
  readonly virtual: World;
  readonly random: Random;
  /** An eventual read may be from so long ago. */
  readonly lagMs: number;
}

/**
 * The items of a table that removes what has expired at once, which is the earliest that TTL may do it, and of whose eventual reads
 * half are from a replica that is behind: what a write has changed reaches it after any part of `lagMs`.
 */
export function itemsOf({ virtual, random, lagMs }: ItemsOptions): MemoryStore {
  const inner = memoryStore('simulated');
  const clock = clockIn(virtual);
  const former = new Map<string, Former>();
  const current = async (key: string): Promise<Item | undefined> => {
    const item = await inner.get(key);
    const expiresAt = item?.[EXPIRY_ATTRIBUTE];
    if (typeof expiresAt !== 'number' || expiresAt * 1_000 > clock.now()) return item;
    await inner.delete(key);
    return undefined;
  };
  const changing = async <R extends { readonly applied: boolean }>(key: string, write: () => Promise<R>) => {
    const item = await current(key);
    const result = await write();
    if (result.applied && lagMs > 0) former.set(key, { item, untilMs: virtual.now + lagMs * random.next() });
    return result;
  };
  return {
    ...inner,
    async get(key, options) {
      const item = await current(key);
      const before = options?.isEventual ? former.get(key) : undefined;
      return before && virtual.now < before.untilMs && random.next() < 0.5 ? before.item : item;
    },
    put: (key, item, options) => changing(key, () => inner.put(key, item, options)),
    delete: (key, options) => changing(key, () => inner.delete(key, options)),
  };
}
