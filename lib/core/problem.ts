import { STATUS_CODES } from 'node:http';
import { isFibrinError } from './errors.ts';
import { propertyOf, textOf } from './property.ts';
import { waitMs } from './retry-after.ts';

/** An HTTP response as Lambda proxies understand it. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The wait that a 503 asks for when the error names none. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** The largest delay that every HTTP client can read: 2^31 - 1 seconds. */
const MAX_RETRY_AFTER_SECONDS = 2_147_483_647;

/** As RFC 9110 names them, where Node has names that are older. */
const TITLES: Readonly<Record<number, string | undefined>> = {
  ...STATUS_CODES,
  413: 'Content Too Large',
  422: 'Unprocessable Content',
};

const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;

/**
 * Whether an error was made for an HTTP client by `http-errors` or Middy: they say whether its message is for the client. A
 * status alone may be that of a service behind.
 */
const isHttpError = (error: unknown): boolean => typeof propertyOf(error, 'expose') === 'boolean';

/** The status, 400 to 599, that an error has for our own client. Undefined where it was not made for one. Never throws. */
export function statusForClient(error: unknown): number | undefined {
  const status = isFibrinError(error)
    ? propertyOf(error, 'status')
    : isHttpError(error) && propertyOf(error, 'statusCode');
  return isErrorStatus(status) ? status : undefined;
}

/** What a client may read of an error: nothing of one that was not made for it. */
function disclose(error: unknown) {
  const status = statusForClient(error);
  if (status === undefined) return { status: 500 };
  const isOurs = isFibrinError(error);
  const isExposed = isOurs ? status < 500 : propertyOf(error, 'expose') === true;
  return {
    status,
    code: (isOurs && textOf(error, 'code')) || undefined,
    detail: (isExposed && textOf(error, 'message')) || undefined,
    retryAfterMs: isOurs ? waitMs(propertyOf(error, 'retryAfterMs')) : undefined,
  };
}

const retryAfterSeconds = (ms: number): string =>
  String(Math.min(MAX_RETRY_AFTER_SECONDS, Math.ceil(ms / 1_000)));

/**
 * One error as `application/problem+json` (RFC 9457). A `FibrinError` with a status of 400 to 599 says what happened, and below
 * 500 its message; an error of `http-errors` or of Middy has its `statusCode`, and its message where `expose` is true. Everything
 * else is a bare 500. A wait that is no number of milliseconds of 0 or more is ignored.
 */
export function toProblem(error: unknown): HttpResponse {
  const {
    status,
    code,
    detail,
    retryAfterMs = status === 503 ? DEFAULT_RETRY_AFTER_MS : undefined,
  } = disclose(error);
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterMs !== undefined && { 'retry-after': retryAfterSeconds(retryAfterMs) }),
    },
    body: JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, code }),
  };
}
