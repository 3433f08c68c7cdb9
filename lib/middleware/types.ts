/** The part of Middy's request that the middlewares use. Structural, so that no version of Middy is imported. */
export interface MiddyRequest<E = unknown, C = unknown, R = unknown> {
  readonly event: E;
  readonly context: C;
  response: R | null | undefined;
  /** Set in a `before`, it ends the request with that response, undefined too; a returned undefined does not. */
  earlyResponse?: R | null | undefined;
  readonly error: Error | null | undefined;
}

/** A Middy middleware: hooks around the handler. */
export interface Middleware<E, C, R> {
  readonly before?: (request: MiddyRequest<E, C, R>) => Promise<R | undefined>;
  readonly after?: (request: MiddyRequest<E, C, R>) => Promise<void>;
  readonly onError?: (request: MiddyRequest<E, C, R>) => Promise<void>;
}
