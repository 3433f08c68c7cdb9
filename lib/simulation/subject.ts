import type { Permit } from '../breaker/permit.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { CountingStore } from '../core/store.ts';

/** Leave to make one call, which may be a probe. */
export interface Leave {
  readonly isProbe?: boolean;
  /** @returns What the invocation waits for, where there is something. It never rejects. */
  settle(failed: boolean, slow: boolean): Promise<void> | undefined;
}

/** What protects the calls of one sandbox. */
export interface Guard {
  /** @throws {BreakerOpenError} when the call is refused. */
  enter(): Leave | Promise<Leave>;
}

/** What a guard is made of. */
export interface GuardTools {
  /** Which sandbox it is. */
  readonly index: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: CountingStore;
  readonly slowCallMs: number | undefined;
}

/** One way to protect a fleet, as simulations compare them. */
export interface Subject {
  /** Where the fleet's state stands, in an attribute `state`: `closed`, `open` or another. Undefined: nothing is shared. */
  readonly key: string | undefined;
  guard(tools: GuardTools): Guard;
}

/** Settles a permit of one of this package's breakers, with whose defaults a slow call has failed. */
export const settle = (permit: Permit, failed: boolean, slow: boolean): Promise<void> | undefined =>
  permit.record({ failed: failed || slow, slow });
