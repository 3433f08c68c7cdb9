import { decodeResult, encodeResult, isServerError } from '../idempotency/codec.ts';
import {
  type IdempotencyOptions,
  idempotencyGuard,
  type RemainingTime,
  type Run,
} from '../idempotency/guard.ts';
import { isOutcomeUnknown } from '../idempotency/outcome.ts';
import type { Middleware, MiddyRequest } from './types.ts';

/** Middy stops waiting shortly before Lambda does; the handler runs on, and what comes of it is not known. */
function isEarlyTimeout(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return false;
  return (error.cause as { package?: unknown } | undefined)?.package === '@middy/core';
}

/**
 * The same guarantee as `idempotent`, as a middleware around the whole handler. Use it first, so that it is outermost:
 * what it records and replays is then the response as the caller gets it. A replay is an early return, for which Middy
 * runs no other middleware's `after`. An error that leaves the outcome open keeps the claim, also where another
 * middleware has made an answer of it.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * export const handler = middy<HttpEvent>()
 *   .use(idempotency({ store, operation: 'create-order', key: header('Idempotency-Key') }))
 *   .handler(async () => ({ statusCode: 201 }));
 * ```
 */
export function idempotency<E, R = unknown>(
  options: IdempotencyOptions<E>,
): Required<Middleware<E, RemainingTime, R>> {
  const guard = idempotencyGuard(options);
  // One sandbox may serve several invocations at once: what belongs to one is kept with its request.
  const runs = new WeakMap<object, Run>();
  const take = (request: MiddyRequest<E, RemainingTime, R>) => {
    const run = runs.get(request);
    runs.delete(request);
    return run;
  };
  return {
    async before(request) {
      const begun = await guard.begin(request.event, request.context);
      if (begun.kind === 'replay') request.earlyResponse = decodeResult(begun.result) as R;
      else runs.set(request, begun);
      return undefined;
    },
    async after(request) {
      const run = take(request);
      if (run === undefined) return;
      if (isServerError(request.response)) return guard.release(run);
      const text = encodeResult(request.response);
      await guard.complete(run, text);
      request.response = decodeResult(text) as R;
    },
    async onError(request) {
      // Any error runs every onError, that of a `before` which never claimed too.
      const run = take(request);
      if (run === undefined || isEarlyTimeout(request.error) || isOutcomeUnknown(request.error)) return;
      await guard.release(run);
    },
  };
}
