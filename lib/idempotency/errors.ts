import { FibrinError } from '../core/errors.ts';

/** The operation needs a key and the request brings none, or an unusable one. */
export class IdempotencyKeyError extends FibrinError {
  override readonly name: string = 'IdempotencyKeyError';
  /** Whether there is none, and not one that cannot be used. */
  readonly isMissing: boolean;
  constructor(message: string, isMissing = false) {
    super('IDEMPOTENCY_KEY_MISSING', message, { status: 400 });
    this.isMissing = isMissing;
  }
}

/** The first run with this key has not ended. The caller may ask again. */
export class InFlightError extends FibrinError {
  override readonly name: string = 'InFlightError';
  /** How long the first run may still be at work, in milliseconds. */
  readonly leaseLeftMs: number;
  constructor(operation: string, leaseLeftMs: number) {
    super('IDEMPOTENCY_IN_FLIGHT', `A request with this idempotency key is still running "${operation}"`, {
      retryable: true,
      status: 409,
      // The lease is the most that it can take; most runs are much shorter.
      retryAfterMs: Math.min(Math.max(leaseLeftMs, 1), 1_000),
    });
    this.leaseLeftMs = leaseLeftMs;
  }
}

/** The key was used before, with another payload. */
export class PayloadMismatchError extends FibrinError {
  override readonly name: string = 'PayloadMismatchError';
  constructor(operation: string) {
    super(
      'IDEMPOTENCY_MISMATCH',
      `This idempotency key was used for "${operation}" with a different payload`,
      { status: 422 },
    );
  }
}

/** A run with this key ended without an outcome and is held: an operator has to find out whether its effect happened. */
export class OutcomeUnknownError extends FibrinError {
  override readonly name: string = 'OutcomeUnknownError';
  constructor(operation: string) {
    super(
      'IDEMPOTENCY_UNKNOWN',
      `Whether "${operation}" has happened for this idempotency key is not known; release the key to run it again`,
      { status: 409 },
    );
  }
}

/** The run outlived its lease and another one took over: its result was not recorded. The effect may have happened. */
export class OwnershipLostError extends FibrinError {
  override readonly name: string = 'OwnershipLostError';
  constructor(operation: string) {
    super('IDEMPOTENCY_LOST', `This run of "${operation}" outlived its lease; its result was not recorded`, {
      status: 503,
    });
  }
}

/** The operation happened, once, and its result cannot be returned again. */
export class ResultNotStoredError extends FibrinError {
  override readonly name: string = 'ResultNotStoredError';
  constructor(operation: string, why: string, cause?: unknown) {
    super('IDEMPOTENCY_NO_RESULT', `"${operation}" was done, and its result could not be recorded: ${why}`, {
      status: 500,
      ...(cause !== undefined && { cause }),
    });
  }
}
