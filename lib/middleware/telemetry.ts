import { systemClock } from '../core/clock.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import { safeListener } from '../core/safe-listener.ts';
import { isServerError } from '../idempotency/outcome.ts';
import { type EmfOptions, emfMetrics } from '../telemetry/emf.ts';
import { counted, milliseconds } from '../telemetry/emf-limits.ts';
import type { Middleware, MiddyRequest } from './types.ts';

interface Begun {
  readonly at: number;
  readonly isCold: boolean;
}

interface Ended {
  readonly began: Begun;
  readonly failed: boolean;
  readonly context: unknown;
}

/**
 * One metric line for each invocation: `Invocations`, `Errors` and `ColdStarts` (1 or 0, so that their averages are shares),
 * `Duration` and, where the context tells it, `RemainingTime` (both in milliseconds), by `function` and the dimensions of
 * your own. Nothing of the event or of the answer is in it. An error is what is thrown and an answer of 500 or more; a cold
 * start is the first invocation that this middleware sees, so that behind `warmup` no warm-up is one.
 *
 * Use it first, so that it is outermost: it then sees what `problemDetails` makes of an error. Middy runs no `after` when a
 * middleware answers early, so such an invocation has no line. A line that cannot be written is lost, and costs nothing.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(telemetry({ namespace: 'Shop', dimensions: { stage: 'prod' } }))
 *   .use(problemDetails())
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function telemetry<E, R>(options: EmfOptions): Required<Middleware<E, unknown, R>> {
  const { put } = emfMetrics(options);
  const { clock = systemClock, dimensions: own = {} } = options;
  const begun = new WeakMap<object, Begun>();
  let isCold = true;

  const write = safeListener(({ began, failed, context }: Ended) => {
    const remainingMs = remainingMsOf(context);
    const { functionName } = (context ?? {}) as { readonly functionName?: unknown };
    put(
      {
        Invocations: counted(1),
        Errors: counted(failed ? 1 : 0),
        ColdStarts: counted(began.isCold ? 1 : 0),
        Duration: milliseconds(clock.monotonic() - began.at),
        ...(remainingMs !== undefined && { RemainingTime: milliseconds(remainingMs) }),
      },
      { ...(typeof functionName === 'string' && { function: functionName }), ...own },
    );
  });
  const end = async (request: MiddyRequest<E, unknown, R>, failed: boolean) => {
    const began = begun.get(request);
    // An `after` outside of this one may fail when the line is written already.
    begun.delete(request);
    if (began !== undefined) write({ began, failed, context: request.context });
  };
  return {
    async before(request) {
      begun.set(request, { at: clock.monotonic(), isCold });
      isCold = false;
      return undefined;
    },
    after: (request) => end(request, isServerError(request.response)),
    onError: (request) => end(request, request.response === undefined || isServerError(request.response)),
  };
}
