import { propertyOf } from './property.ts';

/** What every error of the toolkit carries beside its message. */
export interface FibrinErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Whether the same call may succeed when it is made again. Default false. */
  readonly retryable?: boolean;
  /** The HTTP status that tells a client what happened, where there is one. */
  readonly status?: number;
  /** How long a client should wait before the next try. Milliseconds. */
  readonly retryAfterMs?: number;
}

/** The base of every error that the toolkit throws. `code` is stable across versions; messages are not. */
export class FibrinError extends Error {
  override readonly name: string = 'FibrinError';
  declare readonly code: string;
  declare readonly retryable: boolean;
  declare readonly status: number | undefined;
  declare readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, details: FibrinErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.retryable = !!details.retryable;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Marks errors of every copy of this package, also those of another realm or bundle. */
  get isFibrinError(): true {
    return true;
  }

  /** `status` under the name that `http-errors` and Middy give it. Middy shows the message below 500. */
  get statusCode(): number | undefined {
    return this.status;
  }
}

/** Whether an error is one of the toolkit's, whichever copy of the package has made it. */
export const isFibrinError = (error: unknown): error is FibrinError =>
  propertyOf(error, 'isFibrinError') === true;

/** Whether an error is one of the toolkit's with this code. */
export const hasCode = (error: unknown, code: string): error is FibrinError =>
  isFibrinError(error) && propertyOf(error, 'code') === code;

const OWN_REFUSALS = /^(BREAKER_OPEN|BULKHEAD_FULL|OVERLOADED|RATE_LIMITED)$/;

/** Whether an error is a call that the toolkit did not make: an open breaker, a full bulkhead, an empty rate limiter, a shed request. */
export const isOwnRefusal = (error: unknown): error is FibrinError =>
  isFibrinError(error) && OWN_REFUSALS.test(String(propertyOf(error, 'code')));

/** An option is missing, unknown or out of range. Thrown when the thing is constructed, never later. */
export class InvalidOptionError extends FibrinError {
  override readonly name: string = 'InvalidOptionError';
  constructor(message: string) {
    super('INVALID_OPTION', message);
  }
}

/** Which limit of time ended a call: its own total timeout or that of its fallback, its caller's, or the invocation's. */
export type DeadlineLimit =
  | 'total timeout'
  | 'fallback timeout'
  | "caller's time limit"
  | "invocation's deadline";

/** The time for the whole call is over. Not retryable: no time is left to retry in. */
export class DeadlineExceededError extends FibrinError {
  override readonly name: string = 'DeadlineExceededError';
  /** The limit that held. */
  declare readonly limit: DeadlineLimit;
  /** Whether the call was made at all. False when no time was left to make it in. */
  declare readonly called: boolean;
  constructor(
    what: string,
    limit: DeadlineLimit,
    limitMs: number,
    { called = true, ...cause }: { readonly called?: boolean; readonly cause?: unknown } = {},
  ) {
    super('DEADLINE_EXCEEDED', `${what} exceeded the ${limit} of ${Math.max(0, Math.round(limitMs))} ms`, {
      ...cause,
      status: 504,
    });
    this.limit = limit;
    this.called = called;
  }
}

/** One attempt took longer than its timeout. */
export class AttemptTimeoutError extends FibrinError {
  override readonly name: string = 'AttemptTimeoutError';
  /** How long after the timeout it was noticed. Milliseconds. Long where the execution environment was frozen. */
  declare readonly lateMs: number;
  constructor(what: string, timeoutMs: number, lateMs = 0) {
    super(
      'ATTEMPT_TIMEOUT',
      `${what} gave no answer within the attempt timeout of ${Math.round(timeoutMs)} ms`,
      {
        retryable: true,
        status: 504,
      },
    );
    this.lateMs = lateMs;
  }
}

/** The breaker is open: the call was rejected and not made. */
export class BreakerOpenError extends FibrinError {
  override readonly name: string = 'BreakerOpenError';
  constructor(breaker: string, retryAfterMs: number) {
    super('BREAKER_OPEN', BreakerOpenError.messageFor(breaker), { status: 503, retryAfterMs });
  }

  static messageFor(breaker: string): string {
    return `Breaker "${breaker}" is open; the call was not made`;
  }
}

/** An answer arrived and is not what the schema says it must be. */
export class ValidationError extends FibrinError {
  override readonly name: string = 'ValidationError';
  /** What is wrong, a line an issue, with the path of the field. Never the value itself. */
  declare readonly issues: readonly string[];
  constructor(what: string, issues: readonly string[], details: { readonly cause?: unknown } = {}) {
    super('INVALID_ANSWER', `${what} answered with an invalid value: ${issues.slice(0, 3).join('; ')}`, {
      ...details,
      retryable: true,
      status: 502,
    });
    this.issues = issues;
  }
}

/**
 * The store did not do what it was asked to do. `cause` is the error of its client: rights are missing where `retryable` is
 * false and the name of the cause is `AccessDeniedException`. The message names the permission.
 */
export class StoreError extends FibrinError {
  override readonly name: string = 'StoreError';
  constructor(message: string, details: FibrinErrorDetails = {}) {
    super('STORE_UNAVAILABLE', message, { status: 503, ...details });
  }
}
