import { errorChain } from '../core/error-chain.ts';
import { type HttpResponse, toProblem } from '../core/problem.ts';
import type { Middleware } from './types.ts';

export interface ProblemDetailsOptions {
  /**
   * Told of every error that is answered with a status of 500 or more. Default: one JSON line on stderr with its causes,
   * at most five, and its stack.
   */
  readonly onServerError?: (error: unknown) => void;
}

/** What of an error is logged. Anything can be thrown, null too, and be a cause. */
function describe(error: unknown) {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, code } = error as Error & { readonly code?: unknown };
  return { message, error: name, code };
}

/** Never the event: what a caller sent does not belong in a log. */
const logError = (error: unknown): void => {
  const [thrown, ...causes] = errorChain(error).map(describe);
  const stack = error instanceof Error ? error.stack : undefined;
  console.error(
    JSON.stringify({ level: 'ERROR', ...thrown, causes: causes.length > 0 ? causes : undefined, stack }),
  );
};

/**
 * Turns what a handler throws into an HTTP answer after RFC 9457. A `FibrinError` with a status becomes that status,
 * with `Retry-After` where it knows one and on every 503; anything else a bare 500 that tells the caller nothing.
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
): Pick<Required<Middleware<E, unknown, R | HttpResponse>>, 'onError'> {
  const { onServerError = logError } = options;
  return {
    async onError(request) {
      if (request.response !== undefined) return;
      const problem = toProblem(request.error);
      if (problem.statusCode >= 500) onServerError(request.error);
      request.response = problem;
    },
  };
}
