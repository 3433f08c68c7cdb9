/** What every error of the toolkit carries beside its message. */
export interface FibrinErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Whether the same call may succeed when it is made again. Default false. */
  readonly retryable?: boolean;
  /** The HTTP status that tells a caller what happened, where there is one. */
  readonly status?: number;
  /** How long a caller should wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The base of every error that the toolkit throws. `code` is stable across versions; messages are not. */
export class FibrinError extends Error {
  override readonly name: string = 'FibrinError';
  readonly code: string;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, details: FibrinErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** An option is missing, unknown or out of range. Thrown when the thing is constructed, never later. */
export class InvalidOptionError extends FibrinError {
  override readonly name: string = 'InvalidOptionError';
  constructor(message: string) {
    super('INVALID_OPTION', message);
  }
}

/** The time for the whole call is over. Not retryable: there is no time left to retry in. */
export class DeadlineExceededError extends FibrinError {
  override readonly name: string = 'DeadlineExceededError';
  /** Whether the call was made at all. False when no time was left to make it in. */
  readonly called: boolean;
  constructor(what: string, limitMs: number, called = true) {
    super('DEADLINE_EXCEEDED', `${what} exceeded its total deadline of ${Math.round(limitMs)} ms`, {
      status: 504,
    });
    this.called = called;
  }
}

/** One attempt took longer than it may. */
export class AttemptTimeoutError extends FibrinError {
  override readonly name: string = 'AttemptTimeoutError';
  /** How long after the timeout that was noticed. Milliseconds. Much, where the sandbox was frozen or busy meanwhile. */
  readonly lateMs: number;
  constructor(what: string, limitMs: number, lateMs = 0) {
    super(
      'ATTEMPT_TIMEOUT',
      `${what} got no answer within its attempt timeout of ${Math.round(limitMs)} ms`,
      { retryable: true, status: 504 },
    );
    this.lateMs = lateMs;
  }
}

/** The breaker is open: the call was refused without being made. */
export class BreakerOpenError extends FibrinError {
  override readonly name: string = 'BreakerOpenError';
  constructor(breaker: string, retryAfterMs: number) {
    super('BREAKER_OPEN', `Breaker "${breaker}" is open; the call was not made`, {
      status: 503,
      retryAfterMs,
    });
  }
}

/** An answer arrived and is not what the schema says it must be. */
export class ValidationError extends FibrinError {
  override readonly name: string = 'ValidationError';
  /** What is wrong, one line an issue, with the path of the field. Never the value itself. */
  readonly issues: readonly string[];
  constructor(what: string, issues: readonly string[]) {
    super('INVALID_ANSWER', `${what} answered with an invalid value: ${issues.slice(0, 3).join('; ')}`, {
      retryable: true,
      status: 502,
    });
    this.issues = issues;
  }
}

/** The store did not do what it was asked to do, and why is not known to be harmless. */
export class StoreError extends FibrinError {
  override readonly name: string = 'StoreError';
  constructor(message: string, details: FibrinErrorDetails = {}) {
    super('STORE_UNAVAILABLE', message, { status: 503, ...details });
  }
}
