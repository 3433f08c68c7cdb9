import { isHttpEvent } from '../core/http-event.ts';
import { onceEach } from '../core/once-each.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { encodeResult } from '../idempotency/codec.ts';
import type { RemainingTime } from '../idempotency/execution.ts';
import { type ClaimedRun, IdempotencyGuard } from '../idempotency/guard.ts';
import { type HttpAnswerOptions, HttpAnswers } from '../idempotency/http-answers.ts';
import type { IdempotencyOptions } from '../idempotency/options.ts';
import { isFailedResult, type RunEnd } from '../idempotency/outcome.ts';
import { isStreamed } from '../idempotency/streams.ts';
import type { Ended } from './adapter/ended.ts';
import { orderCheck } from './adapter/order.ts';
import { watch } from './adapter/watch.ts';
import type { Middleware, MiddyRequest } from './types.ts';

export interface IdempotencyMiddlewareOptions<E> extends IdempotencyOptions<E>, HttpAnswerOptions {
  /** What Middy's option of the same name says, if it says anything. Milliseconds. Default 5, as Middy's. */
  readonly timeoutEarlyInMillis?: number;
  /** Called once for each way in which another middleware interferes with this one. Default: writes a line to stderr. */
  readonly onWarning?: (warning: string) => unknown;
}

const WRONG_PLACE =
  'idempotency: the response was changed after it was recorded, so a replay differs from it; use this middleware first, so that it is outermost, or wrap the handler with idempotent()';

/** A timer may be a little early. */
const TIMER_TOLERANCE_MS = 1;

/** Middy stops waiting shortly before Lambda does; the handler runs on, and what comes of it is not known. */
function isEarlyTimeout(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return false;
  return (error.cause as { package?: unknown } | undefined)?.package === '@middy/core';
}

/** How the run of a request has ended. Undefined: the handler may still be at work. */
function endOf(ended: Ended<unknown>, result: unknown): RunEnd | undefined {
  if (ended.kind !== 'failed') return { result, wasCalled: ended.kind === 'answered' };
  return isEarlyTimeout(ended.error) ? undefined : { error: ended.error };
}

/** What a response would be recorded as. A stream is none. */
const textOf = (response: unknown): string => (isStreamed(response) ? 'a stream' : encodeResult(response));

/**
 * The same guarantee as `idempotent`, as a middleware around the whole handler. Use it first, so that it is outermost:
 * what it records and replays is then the response as the caller gets it, after every other `after`.
 *
 * An early answer of another middleware is recorded like any other.
 *
 * What Middy makes impossible here, and `idempotent` as the handler does not have:
 * - a replay is an early return, for which Middy runs no other middleware's `after`;
 * - Middy's early timeout goes on without the handler, which is still running: such an answer is never recorded and the key
 *   stays claimed. With an answer of your own (`timeoutEarlyResponse`) it is known by the time that is left, so a handler
 *   that ends in the last `timeoutEarlyInMillis` counts as one that did not.
 *
 * An error that leaves the outcome open keeps the claim, also where another middleware has made an answer of it.
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
  options: IdempotencyMiddlewareOptions<E>,
): Required<Middleware<E, RemainingTime, R>> {
  type Request = MiddyRequest<E, RemainingTime, R>;
  const {
    timeoutEarlyInMillis = 5,
    onWarning = console.error,
    recordStatus,
    replayHeaders,
    ...rest
  } = options;
  checkOptions(
    'idempotency',
    { timeoutEarlyInMillis, onWarning },
    { required: { timeoutEarlyInMillis: rule.integer(0), onWarning: rule.fn() } },
  );
  const answers = new HttpAnswers('idempotency', { recordStatus, replayHeaders });
  const guard = new IdempotencyGuard(rest, (result) => isFailedResult(result) || answers.isFailure(result));
  const warn = onceEach(safeListener(onWarning, 'idempotency: onWarning'));
  const checkOrder = orderCheck('idempotency', warn);
  // One environment may serve several requests at once: what belongs to one is kept under it.
  const runs = new WeakMap<object, ClaimedRun>();
  const recorded = new WeakMap<object, string>();
  const isCutOff = ({ execution }: ClaimedRun) =>
    execution.remainingMs() <= timeoutEarlyInMillis + TIMER_TOLERANCE_MS;

  /** Settles the run of a request, if there is one. Gives the response, as every replay will where it was recorded. */
  const settle = async (request: Request, ended: Ended<R>): Promise<R | null | undefined> => {
    const run = runs.get(request);
    runs.delete(request);
    if (run === undefined) return ended.response;
    const isHttp = isHttpEvent(request.event);
    const result = isHttp ? answers.recordable(ended.response) : ended.response;
    const kept = await guard.end(run, isCutOff(run) ? undefined : endOf(ended, result));
    if (kept === undefined) return ended.response;
    const response = (isHttp ? answers.firstAnswer(ended.response, kept.result) : kept.result) as R;
    recorded.set(request, textOf(response));
    return response;
  };
  const settleInHook = async (request: Request, ended: Ended<R>): Promise<void> => {
    const response = await settle(request, ended);
    if (response !== ended.response) request.response = response;
  };

  return {
    async before(request) {
      checkOrder(request);
      const begun = await guard.begin(request.event, request.context);
      if (begun.kind === 'replay') {
        const { event } = request;
        request.earlyResponse = (
          isHttpEvent(event) ? answers.replayed(event, begun.result) : begun.result
        ) as R;
      }
      if (begun.kind === 'run') {
        runs.set(request, begun);
        watch(request, {
          cutOff: (ended) => settle(request, ended),
          // What Middy answers with has to be what was recorded.
          read(response) {
            const text = recorded.get(request);
            if (text !== undefined && text !== textOf(response)) warn(WRONG_PLACE);
          },
        });
      }
      return undefined;
    },
    after: (request) => settleInHook(request, { kind: 'answered', response: request.response }),
    // Any error runs every onError, that of a `before` which never claimed too.
    onError: (request) =>
      settleInHook(request, { kind: 'failed', error: request.error, response: request.response }),
  };
}
