import type { Middleware, MiddyRequest } from '../types.ts';
import type { Ended } from './ended.ts';
import { type MiddlewareName, orderCheck, type Warn } from './order.ts';
import { perRequest } from './per-request.ts';
import { watch } from './watch.ts';

/** What a middleware has begun for one request. */
export interface Session<R> {
  /** Ends it. What it returns is the response to answer with instead, where there is one. */
  end(ended: Ended<R>): Replacement<R> | undefined | Promise<Replacement<R> | undefined>;
}

export interface Replacement<R> {
  readonly response: R | null | undefined;
}

export type Begin<E, C, R> = (event: E, context: C) => Session<R> | Promise<Session<R>>;

/**
 * A Middy middleware that begins something for each request, and ends it once: in its `after` or `onError`, or where Middy
 * runs neither, because another middleware answers early or throws in its `onError`.
 *
 * `begin` runs in Middy's own async context up to its first await: what is entered there holds for the handler and for the
 * hooks of the others.
 */
export function hooks<E, C, R>(
  name: MiddlewareName,
  begin: Begin<E, C, R>,
  onWarning?: Warn,
): Required<Middleware<E, C, R>> {
  type Request = MiddyRequest<E, C, R>;
  // More than one where a chain uses the same middleware twice.
  const sessions = perRequest<Session<R>[]>(Symbol(name));
  const checkOrder = orderCheck(name, onWarning);

  const end = async (request: Request, ended: Ended<R>): Promise<R | null | undefined> => {
    const replacement = await sessions.get(request)?.pop()?.end(ended);
    return replacement ? replacement.response : ended.response;
  };
  const endInHook = async (request: Request, ended: Ended<R>): Promise<void> => {
    const response = await end(request, ended);
    if (response !== ended.response) request.response = response;
  };

  return {
    async before(request) {
      checkOrder(request);
      const begun = begin(request.event, request.context);
      const session = begun instanceof Promise ? await begun : begun;
      sessions.set(request, [...(sessions.get(request) ?? []), session]);
      watch(request, { cutOff: (ended) => end(request, ended) });
      return undefined;
    },
    after: (request) => endInHook(request, { kind: 'answered', response: request.response }),
    onError: (request) =>
      endInHook(request, { kind: 'failed', error: request.error, response: request.response }),
  };
}
