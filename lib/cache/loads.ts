import { hasCode } from '../core/errors.ts';
import type { Execution } from '../core/execution.ts';
import type { Moment } from '../core/moment.ts';
import { Load, type LoadPlan, type Source } from './load.ts';

type LoadLimits = Pick<LoadPlan<unknown, unknown>, 'name' | 'limitMs' | 'leader'>;

/** What becomes of what a load has brought. */
export interface LoadListener<T, R> {
  /**
   * Gives what may be handed to several.
   * @param since When the load began. Undefined: the key was invalidated or set since, so nothing is kept.
   */
  keepLoaded(key: string, loaded: R, since: Moment | undefined): T;
  failed(key: string, error: unknown): void;
}

/**
 * The loads that may place their values: one for each key. One that began before its key was invalidated or set is not among
 * them, so its value, which may be older, takes no place. Nothing is remembered of keys without a load.
 */
export class Loads<T, R = T> {
  readonly #current = new Map<string, Load<T, R>>();
  readonly #listener: LoadListener<T, R>;

  constructor(listener: LoadListener<T, R>) {
    this.#listener = listener;
  }

  /** The load of a key that a call may wait for. */
  open(key: string): Load<T, R> | undefined {
    const load = this.#current.get(key);
    return load?.isOpen ? load : undefined;
  }

  /** Begins the load of a key. One before it whose time is over takes no place any more. */
  begin(key: string, source: Source<T, R>, execution: Execution, limits: LoadLimits): Load<T, R> {
    const isCurrent = (load: Load<T, R>): boolean => this.#current.get(key) === load;
    const end = (load: Load<T, R>): boolean => isCurrent(load) && this.#current.delete(key);
    return new Load<T, R>(source, execution, {
      ...limits,
      isCurrent,
      begins: (load) => this.#current.set(key, load),
      succeeded: (load, loaded) => this.#listener.keepLoaded(key, loaded, end(load) ? load.since : undefined),
      failed: (load, error) => {
        // A caller that gave up has not seen the source fail.
        if (end(load) && (!load.wasGivenUp || hasCode(error, 'DEADLINE_EXCEEDED')))
          this.#listener.failed(key, error);
      },
    });
  }

  forget(key: string): void {
    this.#current.delete(key);
  }

  clear(): void {
    this.#current.clear();
  }
}
