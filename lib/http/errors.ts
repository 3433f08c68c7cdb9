import { FibrinError } from '../core/errors.ts';
import { isTransientStatus } from '../core/status.ts';
import { type RefusalBody, refusalBody } from './refusal-body.ts';

/*
 * What can go wrong with an HTTP call. Messages name the host and the status, never the path, the query or the body.
 * `status` is for our own client: what a service answers us is not what we answer.
 */

const describe = (status: number): string =>
  status >= 300 && status < 400 ? `${status}; redirects are not followed` : `${status}`;

export interface HttpStatusDetails {
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RefusalBody;
  /** How long the service asks its client to wait. Milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/**
 * The service answered with a status that is not 200 to 299. Retryable for 408, 425, 429 and 5xx,
 * except 501 and 505.
 *
 * `headers` and `body` hold what the service sent, for code that asks for them. They are accessors of the class, so that
 * `console.log`, `JSON.stringify` and loggers that copy an error's properties leave them out.
 * @example
 * ```ts
 * const orders = resilient<unknown>({ name: 'orders' });
 * const created = await orders.execute(async ({ signal }) => {
 *   try {
 *     return (await boundedFetch('https://orders.example/', { method: 'POST', body: '{}', signal })).json();
 *   } catch (error) {
 *     if (error instanceof HttpStatusError && error.downstreamStatus === 422) return error.body.json();
 *     throw error;
 *   }
 * });
 * ```
 */
export class HttpStatusError extends FibrinError {
  override readonly name: string = 'HttpStatusError';
  /** The status that the service answered with. `status` is the one for our own client: 503 or 502. */
  readonly downstreamStatus: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #body: RefusalBody;

  constructor(host: string, downstreamStatus: number, details: HttpStatusDetails = {}) {
    const { headers = NO_HEADERS, body = refusalBody(new Uint8Array(), false), retryAfterMs } = details;
    super('HTTP_STATUS', `${host} answered ${describe(downstreamStatus)}`, {
      retryable: isTransientStatus(downstreamStatus),
      status: downstreamStatus === 429 || downstreamStatus === 503 ? 503 : 502,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.downstreamStatus = downstreamStatus;
    this.#headers = headers;
    this.#body = body;
  }

  /** By lower-case name, repeated headers joined by commas. The object has no prototype. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** The first 16 KiB of the body. */
  get body(): RefusalBody {
    return this.#body;
  }
}

/** The body is longer than `maxBytes`. Not retryable: it would be as long again. */
export class ResponseTooLargeError extends FibrinError {
  override readonly name: string = 'ResponseTooLargeError';
  constructor(host: string, maxBytes: number) {
    super('RESPONSE_TOO_LARGE', `${host} answered with more than ${maxBytes} bytes`, { status: 502 });
  }
}

/** The body is compressed, although the request asked for one that is not. Not retryable. */
export class EncodedAnswerError extends FibrinError {
  override readonly name: string = 'EncodedAnswerError';
  constructor(host: string) {
    super(
      'ENCODED_ANSWER',
      `${host} answered with an encoded body; boundedFetch decodes none, since a few bytes can stand for gigabytes`,
      { status: 502 },
    );
  }
}

const codeOf = (cause: unknown): string => {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection was closed';
};

/** No response came, or not the whole of it: refused, reset, not found, cut short, or not HTTP at all. Retryable. */
export class NoAnswerError extends FibrinError {
  override readonly name: string = 'NoAnswerError';
  /**
   * Whether the request was written to a connection that had served others, and that was closed before anything of a
   * response came. Whether the service received the request is unknown.
   */
  readonly staleConnection: boolean;
  constructor(host: string, cause: unknown, staleConnection: boolean) {
    // What the parser could not read is content, and would be logged with the error.
    if (cause instanceof Error) Reflect.deleteProperty(cause, 'rawPacket');
    super('NO_ANSWER', `${host} gave no whole answer: ${codeOf(cause)}`, {
      cause,
      retryable: true,
      status: 502,
    });
    this.staleConnection = staleConnection;
  }
}
