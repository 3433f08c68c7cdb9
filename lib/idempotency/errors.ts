import { FibrinError } from '../core/errors.ts';

/** The operation needs a key and the request brings none, or an unusable one. */
export class IdempotencyKeyError extends FibrinError {
  override readonly name: string = 'IdempotencyKeyError';
  constructor(message: string) {
    super('IDEMPOTENCY_KEY_MISSING', message, { status: 400 });
  }
}

/** The first run with this key has not ended. The caller may ask again. */
export class InFlightError extends FibrinError {
  override readonly name: string = 'InFlightError';
  constructor(operation: string, retryAfterMs: number) {
    super('IDEMPOTENCY_IN_FLIGHT', `A request with this idempotency key is still running "${operation}"`, {
      retryable: true,
      status: 409,
      retryAfterMs,
    });
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

/** The run outlived its lease and another one took over: its result was not recorded. The effect may have happened. */
export class OwnershipLostError extends FibrinError {
  override readonly name: string = 'OwnershipLostError';
  constructor(operation: string) {
    super('IDEMPOTENCY_LOST', `This run of "${operation}" outlived its lease; its result was not recorded`, {
      status: 503,
    });
  }
}
