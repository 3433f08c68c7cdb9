import { withCauses } from '../core/causes.ts';
import { FibrinError } from '../core/errors.ts';
import type { Middleware } from './types.ts';

/** An HTTP answer as Lambda proxies understand it. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ProblemDetailsOptions {
  /**
   * Told of every error that is answered with a status of 500 or more. Default: one JSON line on stderr with its causes,
   * at most five, and its stack.
   */
  readonly onServerError?: (error: unknown) => void;
}

/** What a 503 that does not know better asks a caller to wait. */
const UNKNOWN_WAIT_MS = 1_000;

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** What of an error is logged. Anything can be thrown, null too, and be a cause. */
function describe(error: unknown) {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, code } = error as Error & { readonly code?: unknown };
  return { message, error: name, code };
}

/** Never the event: what a caller sent does not belong in a log. */
const logError = (error: unknown): void => {
  const [thrown, ...causes] = withCauses(error).map(describe);
  const stack = error instanceof Error ? error.stack : undefined;
  console.error(
    JSON.stringify({ level: 'ERROR', ...thrown, causes: causes.length > 0 ? causes : undefined, stack }),
  );
};

/** One error as `application/problem+json`. Only errors meant for callers (with a status) tell what happened. */
export function toProblem(error: unknown): HttpResponse {
  const known = error instanceof FibrinError && error.status !== undefined;
  const status = known ? (error.status ?? 500) : 500;
  const title = TITLES[status] ?? 'Error';
  const detail = known && status < 500 ? error.message : undefined;
  const knownWaitMs = known ? error.retryAfterMs : undefined;
  const retryAfterMs = knownWaitMs ?? (status === 503 ? UNKNOWN_WAIT_MS : undefined);
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title,
      status,
      detail,
      code: known ? error.code : undefined,
    }),
  };
}

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
