import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { Store } from '../core/store.ts';
import { sightOf } from './sight.ts';
import { INITIAL, readVerdict, verdictKey, whyUnreadable, writeVerdict } from './verdict.ts';

export interface BreakerCheckOptions {
  /** Where the verdict is shared. */
  readonly store: Pick<Store, 'get'>;
  /** Name of the breaker. */
  readonly name: string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** A check for `healthChecks` and for the `health` middleware. */
export interface BreakerCheck {
  /** Never: without what is behind the breaker the function is degraded. */
  readonly critical: false;
  /** @throws while not all calls are let through, and where the store does not answer. */
  run(signal: AbortSignal): Promise<void>;
  /** State and share of the calls that is let through, as the last look has shown. */
  details(): { readonly state: string; readonly admittedShare: number } | undefined;
}

/**
 * A health check of a breaker that a fleet shares: well while it lets all calls through. It reads the verdict, so that any
 * function with the store can tell, also one that makes no calls. A breaker that nobody has used is well.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * const look = healthChecks({ checks: { posts: breakerCheck({ store, name: 'posts' }) } });
 * const { status } = await look();
 * ```
 */
export function breakerCheck(options: BreakerCheckOptions): BreakerCheck {
  checkOptions('breakerCheck', options, {
    required: { store: rule.object(), name: rule.name() },
    optional: { clock: rule.object() },
  });
  const { store, name, clock = systemClock } = options;
  let seen: ReturnType<BreakerCheck['details']>;
  return {
    critical: false,
    async run(signal) {
      seen = undefined;
      const found = await store.get(verdictKey(name), { signal, isEventual: true });
      const item = found ?? writeVerdict(INITIAL);
      const verdict = readVerdict(item);
      if (!verdict) throw new Error(`the item "${verdictKey(name)}" is ${whyUnreadable(item)}`);
      const { state, admittedShare } = sightOf(name, verdict, clock.now());
      seen = { state, admittedShare };
      if (admittedShare < 1) throw new Error(`breaker "${name}" is ${state}`);
    },
    details: () => seen,
  };
}
