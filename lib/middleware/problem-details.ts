import { withHeaders } from '../core/answer-headers.ts';
import { logError } from '../core/error-log.ts';
import { hasCode } from '../core/errors.ts';
import { isHttpEvent } from '../core/http-event.ts';
import { checkOptions } from '../core/options.ts';
import { type HttpResponse, toProblem } from '../core/problem.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { orderCheck } from './adapter/order.ts';
import type { Middleware } from './types.ts';

const logUnlessShed = (error: unknown): void => {
  if (!hasCode(error, 'OVERLOADED')) logError(error);
};

export interface ProblemDetailsOptions {
  /**
   * Called with every error that becomes a status of 500 or more. What it throws or rejects with is ignored. Default: one JSON line on stderr
   * with the error's name, code and stack frames, and those of at most five causes. Messages of other errors than
   * `FibrinError` are left out: they may quote what a client or a service sent. Nothing for a request that was shed, which is meant to
   * cost little: the metric `Shed` counts it.
   */
  readonly onServerError?: (error: unknown) => unknown;
}

/**
 * Turns what a handler throws into an HTTP response after RFC 9457. A `FibrinError` with a status of 400 to 599 becomes that
 * status, with `Retry-After` where it has a wait and on every 503; so does an error of `http-errors` or of a Middy middleware,
 * by its `statusCode`. Any other error becomes a bare 500.
 *
 * Only for requests: API Gateway (REST, HTTP, WebSocket), function URLs, load balancers, VPC Lattice. For any other event, such as the batch of a queue or
 * a direct invocation, the error is thrown on, since Lambda takes every answer for success.
 * @throws {InvalidOptionError} for an unknown option or a bad one.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(problemDetails())
 *   .handler(async () => {
 *     throw new FibrinError('NO_SUCH_ORDER', 'There is no order 7', { status: 404 });
 *   });
 * ```
 */
export function problemDetails<E, R>(
  options: ProblemDetailsOptions = {},
): Pick<Required<Middleware<E, unknown, R | HttpResponse>>, 'before' | 'onError'> {
  checkOptions('problemDetails', options, { optional: { onServerError: rule.fn() } });
  const { onServerError = logUnlessShed } = options;
  const report = safeListener(onServerError, 'problemDetails: onServerError');
  const checkOrder = orderCheck('problemDetails');
  return {
    async before(request) {
      checkOrder(request);
      return undefined;
    },
    async onError(request) {
      if (request.response !== undefined || !isHttpEvent(request.event)) return;
      const problem = toProblem(request.error);
      if (problem.statusCode >= 500) report(request.error);
      request.response = withHeaders(request.event, problem);
    },
  };
}
