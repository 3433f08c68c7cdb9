import { FROZEN_MS } from '../core/classify.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { AttemptTimeoutError } from '../core/errors.ts';
import type { Execution } from '../core/execution.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';
import { callWithin, exceededBy } from './within.ts';

/** Limits on one attempt. */
export interface AttemptLimit {
  readonly name: string;
  readonly clock: Clock;
  /** The most that an attempt may take. Milliseconds. Infinity: only the call's own time limits it. */
  readonly timeoutMs: number;
  /** Kept of the total timeout for what is to be done after the attempt. Milliseconds. Default 0. */
  readonly reserveMs?: number;
}

/** An outer call that ends its inner ones does so first, since timers are exact to 1. Milliseconds. */
const OUTER_FIRST_MS = 5;

/**
 * Limits each attempt in time: its own timeout or what is left of the call, whichever is nearer. Notes in the execution
 * whose limit ended it. The first attempt has all the time that the policy gives a call, so the total timeout is the policy's
 * own limit there; later ones may have less than the dependency was ever promised.
 */
export function timeoutLayer({
  name,
  clock,
  timeoutMs,
  reserveMs = 0,
}: AttemptLimit): <T>(next: Invoke<T>) => Invoke<T> {
  const exceeded = (execution: Execution, isOwn: boolean, lateMs: number): Error => {
    const { attemptState, limit } = execution;
    const isFirstOfTotal = limit === 'total timeout' && attemptState.number === 1;
    if (lateMs >= FROZEN_MS) attemptState.endedBy = 'frozen';
    else attemptState.endedBy = isOwn || isFirstOfTotal ? 'own limit' : 'cut short';
    return isOwn ? new AttemptTimeoutError(name, timeoutMs, lateMs) : exceededBy(name, execution);
  };
  return (next) =>
    function callWithTimeout(execution) {
      const { state, endsAt, limit, outerSignal } = execution;
      const now = clock.monotonic();
      // An attempt that another limit ends is not reported, so nothing is kept of its time.
      const leftMs = endsAt - now - (limit === 'total timeout' ? reserveMs : 0);
      const isOwn = timeoutMs <= leftMs;
      // The attempt of an outer call aborts its signal when its time is over, and says so itself, unless it has settled before.
      const isOuters = leftMs > 0 && state.context?.attempt !== undefined && endsAt === state.context.endsAt;
      const limitMs = isOwn ? timeoutMs : isOuters ? endsAt - now + OUTER_FIRST_MS : leftMs;
      execution.attemptState.dueAt = now + Math.min(timeoutMs, leftMs);
      return runWithin(
        {
          clock,
          now,
          limitMs,
          signal: outerSignal,
          exceeded: (lateMs) => exceeded(execution, isOwn, lateMs),
        },
        function attempt(run) {
          return callWithin(next, execution, run);
        },
      );
    };
}

export interface TimeoutOptions {
  /** The most that a call may take, its answer's body included. Milliseconds. */
  readonly timeoutMs: number;
  /** Name of the call in errors. Default `call`. */
  readonly name?: string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * Limits calls in time: each settles when its time is over, whether or not it listens to its signal, which aborts then.
 * What it settles with later is dropped.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {AttemptTimeoutError} from `execute` when the time is over.
 * @throws {DeadlineExceededError} from `execute` when a limit of the caller or of the invocation was nearer.
 * @example
 * ```ts
 * const limited = timeout({ timeoutMs: 800 });
 * const answer = await limited.execute(({ signal }) => boundedFetch('https://rates.example/eur', { signal }));
 * ```
 */
export function timeout(options: TimeoutOptions): Policy {
  checkOptions('timeout', options, {
    required: { timeoutMs: rule.durationMs() },
    optional: { name: rule.name(), clock: rule.object() },
  });
  const { timeoutMs, name = 'call', clock = systemClock } = options;
  return policyOf(clock, timeoutLayer({ name, clock, timeoutMs }));
}
