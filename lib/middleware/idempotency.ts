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
import type { Ended } from './adapter/ended.ts';
import { orderCheck } from './adapter/order.ts';
import { perRequest } from './adapter/per-request.ts';
import { watch } from './adapter/watch.ts';
import type { Middleware, MiddyRequest } from './types.ts';

export interface IdempotencyMiddlewareOptions<E> extends IdempotencyOptions<E>, HttpAnswerOptions {
  /** What Middy's option of the same name says, if it says anything. Milliseconds. Default 5, as Middy's. */
  readonly timeoutEarlyInMillis?: number;
  /** Called once for each way in which another middleware interferes with this one. Default: writes a line to stderr. */
  readonly onWarning?: (warning: string) => unknown;
}

const WRONG_PLACE =
  'idempotency: the response was changed after it was recorded, so a replay differs; make this middleware the outermost, or use idempotent()';

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

/** Whether a response is what was recorded. What JSON cannot hold is not. */
function isRecorded(text: string, response: unknown): boolean {
  try {
    return encodeResult(response) === text;
  } catch {
    return false;
  }
}

/** The run of one request. */
interface Session {
  /** Undefined once it has ended. */
  run: ClaimedRun | undefined;
  /** What was recorded. */
  text: string | undefined;
}

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
  const sessions = perRequest<Session>(Symbol('idempotency'));
  /** What of a response is recorded. */
  const recordable = ({ event }: Request, response: unknown) =>
    isHttpEvent(event) ? answers.recordable(response) : response;
  const isCutOff = ({ execution }: ClaimedRun) =>
    execution.remainingMs() <= timeoutEarlyInMillis + TIMER_TOLERANCE_MS;

  /** Settles the run of a request, if there is one. Gives the response, as every replay will where it was recorded. */
  const settle = async (request: Request, ended: Ended<R>): Promise<R | null | undefined> => {
    const session = sessions.get(request);
    if (session?.run === undefined) return ended.response;
    const { run } = session;
    session.run = undefined;
    const end = endOf(ended, recordable(request, ended.response));
    const recorded = await guard.end(run, isCutOff(run) ? undefined : end);
    if (recorded === undefined) return ended.response;
    const { result, text } = recorded;
    session.text = text;
    return (isHttpEvent(request.event) ? answers.firstAnswer(ended.response, result) : result) as R;
  };
  const settleInHook = async (request: Request, ended: Ended<R>): Promise<void> => {
    const response = await settle(request, ended);
    if (response !== ended.response) request.response = response;
  };

  return {
    async before(request) {
      checkOrder(request);
      const { event, context } = request;
      const begun = await guard.begin(event, context);
      if (begun.kind === 'replay') {
        const { result } = begun;
        request.earlyResponse = (isHttpEvent(event) ? answers.replayed(event, result) : result) as R;
      }
      if (begun.kind === 'run') {
        const session: Session = { run: begun, text: undefined };
        sessions.set(request, session);
        watch(request, {
          cutOff: (ended) => settle(request, ended),
          // What Middy answers with has to be what was recorded.
          read(response) {
            const { text } = session;
            if (text !== undefined && !isRecorded(text, recordable(request, response))) warn(WRONG_PLACE);
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
