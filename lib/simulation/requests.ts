import type { CountingStore } from '../core/store.ts';

/** What becomes of a request on its way, and of its answer. */
export type OnItsWay = <R>(serve: () => Promise<R>, signal?: AbortSignal) => Promise<R>;

/** A store each request of which goes through something. */
export const throughEach = (store: CountingStore, pass: OnItsWay): CountingStore => ({
  ...store,
  get: (key, options) => pass(() => store.get(key, options), options?.signal),
  put: (key, item, options) => pass(() => store.put(key, item, options), options?.signal),
  add: (key, amounts, options) => pass(() => store.add(key, amounts, options), options.signal),
  delete: (key, options) => pass(() => store.delete(key, options), options?.signal),
});
