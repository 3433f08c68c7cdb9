import { AsyncLocalStorage } from 'node:async_hooks';
import { readState, stateKey } from '../../lib/breaker/state.ts';
import { systemClock } from '../../lib/core/clock.ts';
import type { CountingStore, Item } from '../../lib/core/store.ts';
import { NAME, type Summary, type Sums, type Written } from './order.ts';

const KEY = stateKey(NAME);

/** The call for which something is asked, and the version of the claim that it has made. */
export const currentCall = new AsyncLocalStorage<{ claim?: number }>();

/**
 * A store that notes what was applied. No request is cut off, so that its end is known: the breaker waits no longer all the
 * same.
 */
export class NotingStore implements CountingStore {
  readonly name: string;
  /** Whether an answer has shown that it is open: a local breaker may be before. */
  hasSeenOpen = false;
  readonly #inner: CountingStore;
  readonly #unknown: string[] = [];
  readonly #written: Written[] = [];
  readonly #added: Sums = {};
  readonly #removed: Record<string, string[]> = {};

  constructor(inner: CountingStore) {
    this.name = inner.name;
    this.#inner = inner;
  }

  get notes(): Pick<Summary, 'added' | 'removed' | 'unknown' | 'written'> {
    return {
      added: this.#added,
      removed: this.#removed,
      unknown: this.#unknown,
      written: this.#written,
    };
  }

  async get(key: string, options: Parameters<CountingStore['get']>[1]): Promise<Item | undefined> {
    const read = options?.isEventual ? { isEventual: true } : {};
    const item = await this.#note(`get ${key}`, () => this.#inner.get(key, read));
    this.#see(item);
    return item;
  }

  async put(...[key, item, options]: Parameters<CountingStore['put']>): ReturnType<CountingStore['put']> {
    const at = systemClock.now();
    const when = options?.when;
    const result = await this.#note(`put ${key}`, () =>
      this.#inner.put(key, item, { ...(when && { when }) }),
    );
    this.#see(result.applied ? item : result.current);
    const { state } = readState(NAME, item);
    if (!result.applied || state === undefined || key !== KEY) return result;
    this.#written.push({ state, at });
    const call = currentCall.getStore();
    if (call && state.isProbing) call.claim = state.version;
    return result;
  }

  async add(...[key, amounts, options]: Parameters<CountingStore['add']>): Promise<Item> {
    const { expiresAt, remove = [] } = options;
    const item = await this.#note(`add ${key}`, () => this.#inner.add(key, amounts, { expiresAt, remove }));
    this.#added[key] ??= {};
    const sums = this.#added[key];
    for (const [name, amount] of Object.entries(amounts)) sums[name] = (sums[name] ?? 0) + amount;
    this.#removed[key] ??= [];
    this.#removed[key].push(...remove);
    return item;
  }

  delete(...args: Parameters<CountingStore['delete']>): ReturnType<CountingStore['delete']> {
    return this.#inner.delete(...args);
  }

  #see(item: Item | undefined): void {
    this.hasSeenOpen ||= readState(NAME, item).state?.state === 'open';
  }

  /** As the SDK does by default: where a connection was closed while the process stood still, it asks once more. */
  async #note<R>(what: string, request: () => Promise<R>, attempts = 2): Promise<R> {
    try {
      return await request();
    } catch (error) {
      this.#unknown.push(`${what}: ${String(error)}`);
      const { code } = ((error as Error).cause ?? {}) as { readonly code?: string };
      if (code !== 'ECONNRESET' || attempts === 1) throw error;
      return this.#note(what, request, attempts - 1);
    }
  }
}
