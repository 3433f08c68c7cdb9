import { FibrinError } from '../core/errors.ts';
import { isTransientStatus } from '../core/status.ts';

/*
 * What can go wrong with a call over HTTP. Messages name the host and the status, never path, query or body. `status` is
 * what a caller of ours is told: what a service answers us is not what we answer.
 */

const describe = (status: number): string =>
  status >= 300 && status < 400 ? `${status}; redirects are not followed` : `${status}`;

/** The service answered with a status that is no success. Retryable for 408, 425, 429 and 5xx, except 501 and 505. */
export class HttpStatusError extends FibrinError {
  override readonly name: string = 'HttpStatusError';
  /** The status that the service answered with. `status` is the one for our own caller: 503 or 502. */
  readonly downstreamStatus: number;
  constructor(host: string, downstreamStatus: number, retryAfterMs?: number) {
    super('HTTP_STATUS', `${host} answered ${describe(downstreamStatus)}`, {
      retryable: isTransientStatus(downstreamStatus),
      status: downstreamStatus === 429 || downstreamStatus === 503 ? 503 : 502,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.downstreamStatus = downstreamStatus;
  }
}

/** The body is longer than the caller wants to hold. Not retryable: it would be as long again. */
export class ResponseTooLargeError extends FibrinError {
  override readonly name: string = 'ResponseTooLargeError';
  constructor(host: string, maxBytes: number) {
    super('RESPONSE_TOO_LARGE', `${host} answered with more than ${maxBytes} bytes`, { status: 502 });
  }
}

/** The body is compressed, though that was asked not to be. Not retryable. */
export class EncodedAnswerError extends FibrinError {
  override readonly name: string = 'EncodedAnswerError';
  constructor(host: string) {
    super(
      'ENCODED_ANSWER',
      `${host} answered with an encoded body; none is decoded, since a few bytes of one can stand for gigabytes`,
      { status: 502 },
    );
  }
}

const codeOf = (cause: unknown): string => {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection was closed';
};

/** No answer came, or not the whole of one: refused, reset, not found, cut short, or not HTTP at all. Retryable. */
export class NoAnswerError extends FibrinError {
  override readonly name: string = 'NoAnswerError';
  /** Whether the connection was one of before that the service had closed meanwhile, so that nothing of an answer came. */
  readonly staleConnection: boolean;
  constructor(host: string, cause: unknown, staleConnection: boolean) {
    // What the parser could not read is content, and whoever logs the error would log it.
    if (cause instanceof Error) Reflect.deleteProperty(cause, 'rawPacket');
    super('NO_ANSWER', `${host} gave no whole answer: ${codeOf(cause)}`, {
      cause,
      retryable: true,
      status: 502,
    });
    this.staleConnection = staleConnection;
  }
}
