import { policyOf, unprotected } from '../core/call.ts';
import { systemClock } from '../core/clock.ts';
import { harmless } from '../core/harmless.ts';
import { guardBy } from './guard.ts';
import {
  admitLocally,
  CLOSED,
  type HalfOpen,
  type LocalState,
  locallyAdmitted,
  opened,
  probed,
  probing,
} from './local-machine.ts';
import { type BreakerOptions, DEFAULT_OPEN_MS, isBadEnough, type Judge, windowOf } from './options.ts';
import type { CircuitBreaker, Permit } from './permit.ts';
import { refused } from './refused.ts';

/** A breaker of one sandbox: its state can be seen, and decided by hand. */
export interface LocalBreaker extends CircuitBreaker {
  readonly state: LocalState['kind'];
  /** Keeps it open or closed whatever happens, until `auto`: then it is closed and counts anew. */
  force(state: 'open' | 'closed' | 'auto'): void;
}

/**
 * A circuit breaker that one sandbox keeps for itself: it opens when its window is bad enough, lets one caller at a time
 * probe after `openMs`, and closes after `probes` in a row that succeed.
 * @param isBad Default: by the plain ratios of the options.
 */
export function localBreaker(options: BreakerOptions, isBad: Judge = isBadEnough(options)): LocalBreaker {
  const { name, clock = systemClock, openMs = DEFAULT_OPEN_MS, probes = 2 } = options;
  const window = windowOf(options);
  const tell = options.onEvent && harmless(options.onEvent);
  let state: LocalState = CLOSED;
  /** Grows with each change of state: an outcome from before it says nothing about what is now. */
  let epoch = 0;

  const become = (next: LocalState) => {
    if (next.kind === 'closed') window.clear();
    const from = state.kind;
    const to = next.kind;
    state = next;
    epoch++;
    permit = callers(epoch);
    if (to !== from)
      tell?.({ kind: 'breaker-state', name, from, to, how: 'made', admittedShare: locallyAdmitted(next) });
  };

  const callers = (heldEpoch: number): Permit => ({
    settle(failed, slow = false, { beganAt } = {}) {
      if (failed === undefined || epoch !== heldEpoch) return undefined;
      // A success counts from when it was begun, which is known: a look at the clock is a tenth of what a call costs.
      const now = failed || slow || beganAt === undefined ? clock.monotonic() : beganAt;
      window.record({ failed, slow }, now);
      if ((failed || slow) && state.kind === 'closed' && isBad(window.totals(now)))
        become(opened(now, openMs));
      return undefined;
    },
  });
  // One for all calls between two changes: it holds nothing of any one of them.
  let permit = callers(epoch);

  const prober = (heldEpoch: number, held: HalfOpen): Permit => ({
    settle(failed) {
      if (epoch !== heldEpoch) return undefined;
      become(probed(held, failed, clock.monotonic(), { openMs, probes }));
      return undefined;
    },
  });

  // Closed, as it mostly is, it needs no look at a clock.
  const admission = () => (state.kind === 'closed' ? 'call' : admitLocally(state, clock.monotonic()));

  const refusal = () => {
    const may = admission();
    return typeof may === 'string' ? undefined : refused(name, may.waitMs);
  };

  const enter = (): Permit => {
    const may = admission();
    if (may === 'call') return permit;
    if (may !== 'probe') throw refused(name, may.waitMs);
    const held = probing(state, clock.monotonic(), openMs);
    become(held);
    return prober(epoch, held);
  };

  return {
    name,
    retryShare: 1,
    refusal,
    enter,
    ...policyOf(clock, guardBy(enter, options, clock)(unprotected)),
    get state() {
      return state.kind;
    },
    force: (to) => become(to === 'auto' ? CLOSED : { kind: `forced-${to}` }),
  };
}
