import type { Execution } from '../core/execution.ts';
import type { Invoke } from '../core/layer.ts';
import type { Entries } from './entries.ts';
import { Load, type LoadPlan } from './load.ts';

type LoadLimits = Pick<LoadPlan<unknown>, 'name' | 'limitMs' | 'leader'>;

/**
 * The loads that may place their values: one for each key. One that began before its key was invalidated or set is not among
 * them, so its value, which may be older, takes no place. Nothing is remembered of keys without a load.
 */
export class Loads<T> {
  readonly #current = new Map<string, Load<T>>();
  readonly #entries: Entries<T>;

  constructor(entries: Entries<T>) {
    this.#entries = entries;
  }

  /** The load of a key that a call may wait for. */
  open(key: string): Load<T> | undefined {
    const load = this.#current.get(key);
    return load?.isOpen ? load : undefined;
  }

  /** Begins the load of a key. One before it whose time is over takes no place any more. */
  begin(key: string, next: Invoke<T>, execution: Execution, limits: LoadLimits): Load<T> {
    const end = (load: Load<T>): boolean => this.#current.get(key) === load && this.#current.delete(key);
    return new Load<T>(next, execution, {
      ...limits,
      begins: (load) => this.#current.set(key, load),
      succeeded: (load, value) => this.#entries.keepLoaded(key, value, end(load) ? load.since : undefined),
      failed: end,
    });
  }

  forget(key: string): void {
    this.#current.delete(key);
  }

  clear(): void {
    this.#current.clear();
  }
}
