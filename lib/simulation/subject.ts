import type { CallOutcome, Permit } from '../breaker/permit.ts';
import type { Clock } from '../core/clock.ts';
import type { BreakerOpenError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { CountingStore } from '../core/store.ts';

/** A permit for one call, which may be a probe. */
export interface CallPermit {
  readonly isProbe?: boolean;
  /** @returns What the invocation waits for, where there is something. It never rejects. */
  record(outcome: Required<Pick<CallOutcome, 'failed' | 'slow'>>): Promise<void> | undefined;
}

/** A permit, or the error that the call is rejected with. */
export type CallAdmission = CallPermit | BreakerOpenError;

/** Makes one call to the dependency. Rejects with a transient error where that fails. */
export type Attempt = (isProbe: boolean) => Promise<void>;

/** What protects the calls of one environment. */
export interface Guard {
  /** Gives the rejection as a value: there are millions, and to throw it costs more. */
  admit(): CallAdmission | Promise<CallAdmission>;
  /**
   * Makes one request of several attempts under a policy of its own. Default: the shipped retry around `admit`.
   * @throws {BreakerOpenError} when it is refused.
   */
  execute?(attempt: Attempt): Promise<void>;
}

/** What a guard is made of. */
export interface GuardTools {
  /** Which environment it is. */
  readonly index: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: CountingStore;
  readonly slowCallMs: number | undefined;
  /** Calls that a request makes at most. Default 1. */
  readonly maxAttempts?: number | undefined;
}

/** One way to protect all environments, as simulations compare them. */
export interface Subject {
  /** Key of the shared state, which has an attribute `state`: `closed`, `open` or another. Undefined: nothing is shared. */
  readonly key: string | undefined;
  guard(tools: GuardTools): Guard;
}

/** A permit of one of this package's breakers. Their default: a slow call has failed. */
export const callPermit = (permit: Permit, isProbe: boolean = permit.isProbe): CallPermit => ({
  isProbe,
  record: ({ failed, slow }) => permit.record({ failed: failed || slow, slow }),
});
