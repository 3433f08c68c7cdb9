import type { Middleware, MiddyRequest } from '../types.ts';
import type { Ended } from './ended.ts';
import { type MiddlewareName, orderCheck, type Warn } from './order.ts';
import { watch } from './watch.ts';

/** What a middleware has begun for one request. */
export interface Session<R> {
  /**
   * Ends it. What it returns is the response to answer with instead, where there is one. A promise is awaited where Middy
   * waits, and never rejects.
   */
  end(ended: Ended<R>): Replacement<R> | Promise<void> | undefined;
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
  // One environment may serve several requests at once: what belongs to one is kept under it.
  const sessions = new WeakMap<object, Session<R>>();
  const checkOrder = orderCheck(name, onWarning);

  const end = (request: Request, ended: Ended<R>) => {
    const session = sessions.get(request);
    sessions.delete(request);
    return session?.end(ended);
  };
  const endAndReplace = async (request: Request, ended: Ended<R>) => {
    const replacement = await end(request, ended);
    if (replacement) request.response = replacement.response;
  };

  return {
    async before(request) {
      checkOrder(request);
      const begun = begin(request.event, request.context);
      sessions.set(request, begun instanceof Promise ? await begun : begun);
      watch(request, {
        cutOff(ended) {
          const replacement = end(request, ended);
          return replacement && 'response' in replacement ? replacement.response : ended.response;
        },
      });
      return undefined;
    },
    after: (request) => endAndReplace(request, { kind: 'answered', response: request.response }),
    onError: (request) =>
      endAndReplace(request, { kind: 'failed', error: request.error, response: request.response }),
  };
}
