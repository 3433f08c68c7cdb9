import { systemClock } from '../core/clock.ts';
import { BreakerOpenError } from '../core/errors.ts';
import { withoutStack } from '../core/quiet-error.ts';
import { admitLocally, CLOSED, type LocalState, opened, probed, probing } from './local-machine.ts';
import { type BreakerOptions, DEFAULT_OPEN_MS, isBadEnough, windowOf } from './options.ts';
import type { CircuitBreaker, Permit } from './permit.ts';
import { protectBy } from './protect.ts';

/** A breaker of one sandbox: its state can be seen, and decided by hand. */
export interface LocalBreaker extends CircuitBreaker {
  readonly state: LocalState['kind'];
  /** Keeps it open or closed whatever happens, until `auto`: then it is closed and counts anew. */
  force(state: 'open' | 'closed' | 'auto'): void;
}

/**
 * A circuit breaker that one sandbox keeps for itself: it opens when its window is bad enough, lets one caller at a time
 * probe after `openMs`, and closes after `probes` in a row that succeed.
 */
export function localBreaker(options: BreakerOptions): LocalBreaker {
  const { name, clock = systemClock, openMs = DEFAULT_OPEN_MS, probes = 2 } = options;
  const window = windowOf(options);
  const isBad = isBadEnough(options);
  let state: LocalState = CLOSED;
  /** Grows with each change of state: an outcome from before it says nothing about what is now. */
  let epoch = 0;

  const become = (next: LocalState) => {
    if (next.kind === 'closed') window.clear();
    state = next;
    epoch++;
    permit = callers(epoch);
  };

  const callers = (heldEpoch: number): Permit => ({
    settle(failed, slow = false) {
      if (failed === undefined || epoch !== heldEpoch) return undefined;
      const now = clock.monotonic();
      window.record({ failed, slow }, now);
      if ((failed || slow) && state.kind === 'closed' && isBad(window.totals(now)))
        become(opened(now, openMs));
      return undefined;
    },
  });
  // One for all calls between two changes: it holds nothing of any one of them.
  let permit = callers(epoch);

  const prober = (heldEpoch: number): Permit => ({
    settle(failed) {
      if (epoch !== heldEpoch) return undefined;
      become(probed(state, failed, clock.monotonic(), { openMs, probes }));
      return undefined;
    },
  });

  const refusal = () => {
    if (state.kind === 'closed') return undefined;
    const admission = admitLocally(state, clock.monotonic());
    if (typeof admission === 'string') return undefined;
    return withoutStack(() => new BreakerOpenError(name, Math.max(1, admission.waitMs)));
  };

  const enter = (): Permit => {
    const refused = refusal();
    if (refused) throw refused;
    if (state.kind === 'closed' || state.kind === 'forced-closed') return permit;
    become(probing(state, clock.monotonic(), openMs));
    return prober(epoch);
  };

  return {
    name,
    refusal,
    enter,
    protect: protectBy(enter, options, clock),
    get state() {
      return state.kind;
    },
    force: (to) => become(to === 'auto' ? CLOSED : { kind: `forced-${to}` }),
  };
}
