/** A value that a middleware keeps for a request while it lasts. */
export interface PerRequest<T> {
  get(request: object): T | undefined;
  set(request: object, value: T): void;
}

/**
 * Keeps a value with each request: one environment may serve several at once. It is on the request itself, under a symbol. A
 * WeakMap with an entry for each request costs the garbage collector more than a middleware does otherwise.
 */
export function perRequest<T>(key: symbol): PerRequest<T> {
  type Holder = { [key]?: T };
  return {
    get: (request) => (request as Holder)[key],
    set(request, value) {
      (request as Holder)[key] = value;
    },
  };
}
