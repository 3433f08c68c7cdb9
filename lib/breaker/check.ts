import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { Store } from '../core/store.ts';
import { readState, stateKey } from './state.ts';
import { type BreakerSummary, summaryOf } from './summary.ts';

export interface BreakerCheckOptions {
  /** Holds the shared state. */
  readonly store: Pick<Store, 'get'>;
  /** Name of the breaker. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** What a check shows of a breaker. */
export type BreakerDetails = Pick<
  BreakerSummary,
  'state' | 'reason' | 'cause' | 'waitMs' | 'admittedFraction'
>;

/** A check for `healthChecks` and for the `health` middleware. */
export interface BreakerCheck {
  /** Never: a function whose dependency is unavailable is degraded, not down. */
  readonly critical: false;
  /** @throws while the breaker does not admit all calls, and when the store does not answer. */
  run(signal: AbortSignal): Promise<void>;
  /** State, reason, countdown and fraction of the calls that it admits, as of the last run. */
  details(): BreakerDetails | undefined;
}

/**
 * A health check of a shared breaker: it passes while the breaker admits all calls. It reads the shared state, so a function
 * that makes no such calls can report it too. A breaker that was never used passes.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const store = memoryStore();
 * const check = healthChecks({ checks: { posts: breakerCheck({ store, name: 'posts' }) } });
 * const { status } = await check();
 * ```
 */
export function breakerCheck(options: BreakerCheckOptions): BreakerCheck {
  checkOptions('breakerCheck', options, {
    required: { store: rule.object(), name: rule.name() },
    optional: { clock: rule.object() },
  });
  const { store, name, clock = systemClock } = options;
  let latest: ReturnType<BreakerCheck['details']>;
  return {
    critical: false,
    async run(signal) {
      latest = undefined;
      const item = await store.get(stateKey(name), { signal, isEventual: true });
      const reading = readState(name, item);
      if (reading.unreadable !== undefined) throw new Error(reading.unreadable);
      const { state, reason, cause, waitMs, admittedFraction } = summaryOf(name, reading.state, clock.now());
      latest = { state, reason, cause, waitMs, admittedFraction };
      if (admittedFraction < 1) throw new Error(`breaker "${name}" is ${state}: ${reason}`);
    },
    details: () => latest,
  };
}
