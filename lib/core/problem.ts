import { isFibrinError } from './errors.ts';
import { waitMs } from './retry-after.ts';

/** An HTTP answer as Lambda proxies understand it. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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

/** One error as `application/problem+json`. Only errors meant for callers (with a status) tell what happened. */
export function toProblem(error: unknown): HttpResponse {
  const known = isFibrinError(error) && error.status !== undefined ? error : undefined;
  const status = known?.status ?? 500;
  const title = TITLES[status] ?? 'Error';
  const detail = status < 500 ? known?.message : undefined;
  const retryAfterMs = waitMs(known?.retryAfterMs) ?? (status === 503 ? UNKNOWN_WAIT_MS : undefined);
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
      code: known?.code,
    }),
  };
}
