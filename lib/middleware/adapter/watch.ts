import type { MiddyRequest } from '../types.ts';
import type { Ended } from './ended.ts';
import { perRequest } from './per-request.ts';

type Answer<R> = R | null | undefined;

/** Notices what Middy does with a request between the hooks of a middleware. */
export interface Watcher<R> {
  /**
   * The request has ended, and Middy runs none of the hooks that are left: another middleware answered early, or threw in its
   * `onError`. An answer waits for this, as it would for an `after`. An error does not.
   * @returns the response to answer with.
   */
  cutOff?(ended: Ended<R>): Promise<Answer<R>>;
  /** Something reads the response. Middy does it last of all, to answer. */
  read?(response: unknown): void;
}

interface Property<T> {
  get(): T;
  set(value: T): void;
}

/** A property of an object as it is, which may be an accessor itself, such as that of another copy of this package. */
function propertyOf<T>(object: object, name: string): Property<T> {
  const { get, set, value } = Object.getOwnPropertyDescriptor(object, name) ?? {};
  if (get && set) return { get: get.bind(object), set: set.bind(object) };
  let own: T = value;
  return {
    get: () => own,
    set(next) {
      own = next;
    },
  };
}

/** Whether an error that takes the place of another one is the last of a request: an `onError` threw it, so no other runs. */
const isThrownByHook = (error: unknown, previous: unknown): boolean =>
  // Middy links the errors like this. A hook that assigns an error to the request does not.
  error === previous ||
  typeof error !== 'object' ||
  (error as { readonly originalError?: unknown } | null)?.originalError === previous;

class Watch<R> {
  readonly #request: MiddyRequest<unknown, unknown, R>;
  readonly #watchers: Watcher<R>[] = [];
  /** A promise where another copy of this package has the answer, which is still to come. */
  readonly #response: Property<Answer<R> | Promise<Answer<R>>>;
  readonly #error: Property<unknown>;
  /** The response of a request that was cut off, while something still ends. */
  #answer: Promise<Answer<R>> | undefined;
  #hasAnswered = false;
  #hasFailed = false;

  constructor(request: MiddyRequest<unknown, unknown, R>) {
    this.#request = request;
    this.#response = propertyOf(request, 'response');
    this.#error = propertyOf(request, 'error');
  }

  // Middy returns it from an async function, and so waits for it.
  get response(): unknown {
    return this.#answer ?? this.#read(this.#response.get());
  }

  set response(response: Answer<R>) {
    this.#onResponse(response);
  }

  get error(): unknown {
    return this.#error.get();
  }

  set error(error: unknown) {
    this.#onError(error);
  }

  add(watcher: Watcher<R>): void {
    // Those inside end first, as their hooks would run first.
    this.#watchers.unshift(watcher);
  }

  #read<T>(response: T): T {
    for (const { read } of this.#watchers) read?.(response);
    return response;
  }

  #onResponse(response: Answer<R>): void {
    const request = this.#request;
    const isEarly = 'earlyResponse' in request && response === request.earlyResponse;
    // Middy throws an error that is answered with undefined.
    const isThrown = this.#hasFailed && response === undefined;
    if (isEarly && !isThrown) {
      this.#answer = this.#end(response);
    } else {
      this.#response.set(response);
      if (isEarly) this.#giveUp();
    }
    this.#hasAnswered = true;
  }

  async #end(response: Answer<R>): Promise<Answer<R>> {
    try {
      const last = await this.#endAll(this.#endedWith(response));
      // By which another copy of this package knows that it is early.
      this.#request.earlyResponse = last;
      this.#response.set(last);
      return this.#read(await this.#response.get());
    } finally {
      this.#answer = undefined;
    }
  }

  #endedWith(response: Answer<R>): Ended<R> {
    if (this.#hasFailed) return { kind: 'failed', error: this.#error.get(), response };
    return { kind: this.#hasAnswered ? 'answered' : 'early', response };
  }

  #onError(error: unknown): void {
    // With the error before this one, which the hooks that are left would have been called with.
    if (this.#hasFailed && isThrownByHook(error, this.#error.get())) this.#giveUp();
    this.#hasFailed = true;
    this.#error.set(error);
  }

  /** The request ends with its error, which waits for nothing. */
  #giveUp(): void {
    this.#endAll(this.#endedWith(undefined)).catch(() => undefined);
  }

  async #endAll(ended: Ended<R>): Promise<Answer<R>> {
    let { response } = ended;
    for (const watcher of this.#watchers) {
      if (watcher.cutOff) response = await watcher.cutOff({ ...ended, response });
    }
    return response;
  }
}

const watches = perRequest<Watch<unknown>>(Symbol('watch'));

/** Of a property of all requests that are watched: with accessors of its own, each would be a new kind of object to V8. */
const accessorOf = (name: 'response' | 'error'): PropertyDescriptor => ({
  configurable: true,
  enumerable: true,
  get(this: object) {
    return watches.get(this)?.[name];
  },
  set(this: object, value) {
    const watch = watches.get(this);
    if (watch) watch[name] = value;
  },
});
const ACCESSORS = { response: accessorOf('response'), error: accessorOf('error') };

/**
 * Watches a request until it is answered. Middy assigns `response` and `error` of a request also where it runs no more hooks,
 * which nothing else shows.
 */
export function watch<E, C, R>(request: MiddyRequest<E, C, R>, watcher: Watcher<R>): void {
  let own = watches.get(request) as Watch<R> | undefined;
  if (own === undefined) {
    own = new Watch<R>(request);
    watches.set(request, own as Watch<unknown>);
    Object.defineProperties(request, ACCESSORS);
  }
  own.add(watcher);
}
