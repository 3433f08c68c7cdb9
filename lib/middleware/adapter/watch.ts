import type { MiddyRequest } from '../types.ts';
import type { Ended } from './ended.ts';

/** Notices what Middy does with a request between the hooks. */
export interface Watcher<R> {
  /**
   * The request has ended, and Middy runs none of the hooks that are left: another middleware answered early, or threw in its
   * `onError`. Nothing that this starts is awaited.
   * @returns the response to answer with.
   */
  cutOff?(ended: Ended<R>): R | null | undefined;
  /** The response is read. Middy reads it last of all, when it answers. */
  read?(response: R | null | undefined): void;
}

interface Interception<T> {
  readonly read?: (value: T) => void;
  /** @returns what to keep. */
  readonly write: (value: T) => T;
}

/** Puts itself before a property of an object, and before the accessors that others have put there. */
function intercept<T>(object: object, name: string, { read, write }: Interception<T>): void {
  const outer = Object.getOwnPropertyDescriptor(object, name);
  let value: T = outer?.value;
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get() {
      const current: T = outer?.get ? outer.get.call(object) : value;
      read?.(current);
      return current;
    },
    set(next: T) {
      const kept = write(next);
      if (outer?.set) outer.set.call(object, kept);
      else value = kept;
    },
  });
}

/** Whether an error is the last one of a request: an `onError` threw it, so no other runs. */
const isThrownByHook = (error: unknown, previous: unknown): boolean =>
  // A hook that puts another error in the place of the first one does not link it in this way; Middy does.
  error === previous ||
  typeof error !== 'object' ||
  (error as { readonly originalError?: unknown } | null)?.originalError === previous;

class Watch<R> {
  readonly #request: MiddyRequest<unknown, unknown, R>;
  readonly #watchers: Watcher<R>[] = [];
  #hasAnswered = false;
  #hasFailed = false;

  constructor(request: MiddyRequest<unknown, unknown, R>) {
    this.#request = request;
    intercept<R | null | undefined>(request, 'response', {
      read: (response) => {
        for (const { read } of this.#watchers) read?.(response);
      },
      write: (response) => this.#onResponse(response),
    });
    intercept<unknown>(request, 'error', { write: (error) => this.#onError(error) });
  }

  add(watcher: Watcher<R>): void {
    // Those inside end first, as their hooks would run first.
    this.#watchers.unshift(watcher);
  }

  #onResponse(response: R | null | undefined): R | null | undefined {
    const request = this.#request;
    // Middy clears the response, and then this mark, of a hook that had set it when it threw.
    const isCleared = response === undefined && request.earlyResponse !== undefined;
    if ('earlyResponse' in request && !isCleared) return this.#cutOff(response);
    this.#hasAnswered = true;
    return response;
  }

  #onError(error: unknown): unknown {
    const isLast = this.#hasFailed && isThrownByHook(error, this.#request.error);
    this.#hasFailed = true;
    if (isLast) this.#forAll({ kind: 'failed', error, response: undefined });
    return error;
  }

  #cutOff(response: R | null | undefined): R | null | undefined {
    if (this.#hasFailed) return this.#forAll({ kind: 'failed', error: this.#request.error, response });
    return this.#forAll({ kind: this.#hasAnswered ? 'answered' : 'early', response });
  }

  #forAll(ended: Ended<R>): R | null | undefined {
    let { response } = ended;
    for (const watcher of this.#watchers) {
      if (watcher.cutOff) response = watcher.cutOff({ ...ended, response });
    }
    return response;
  }
}

const watches = new WeakMap<object, Watch<never>>();

/**
 * Watches a request until it is answered. Middy assigns `request.response` and `request.error` also where it runs no more
 * hooks, which nothing else shows.
 */
export function watch<E, C, R>(request: MiddyRequest<E, C, R>, watcher: Watcher<R>): void {
  const known = watches.get(request) as Watch<R> | undefined;
  const own = known ?? new Watch<R>(request);
  if (!known) watches.set(request, own as Watch<never>);
  own.add(watcher);
}
