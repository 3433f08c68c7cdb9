import { type Policy, type Protected, policyOf, type Run } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { runWithin, type Timed } from '../core/deadline.ts';
import { AttemptTimeoutError } from '../core/errors.ts';
import { limitClock } from '../core/limit-clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** Bounds on one attempt. */
export interface AttemptLimit {
  readonly clock: Clock;
  /** The most that it may take, in milliseconds. */
  readonly limitMs: number;
  /** Kept of the caller's time for what is to be done after it, in milliseconds. */
  readonly reserveMs: number;
  /** The error when it took longer. A limit of zero or less: there was no time to make it in. */
  readonly exceeded: (limitMs: number, lateMs: number) => Error;
}

/** Bounds each attempt in time, within the time that its caller still has, and aborts its signal when that is over. */
export function timingOut<R, T>(
  attempt: (run: Run<R>, timed: Timed) => Promise<T>,
  { clock, limitMs, reserveMs, exceeded }: AttemptLimit,
): Protected<T, R> {
  return (run) => {
    const now = clock.monotonic();
    const boundMs = Math.min(limitMs, run.begin(now) - now - reserveMs);
    return runWithin(
      {
        clock,
        limitMs: boundMs,
        now,
        signal: run.callerSignal,
        exceeded: (lateMs) => exceeded(boundMs, lateMs),
      },
      (timed) => attempt(run, timed),
    );
  };
}

export interface TimeoutOptions {
  /** The most that a call may take, its answer's body included. Milliseconds. */
  readonly limitMs: number;
  /** What the call is named in errors. Default `call`. */
  readonly name?: string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * Bounds calls in time: each settles when its time is over, whether or not it listens to its signal, which aborts then.
 * What it settles with later is dropped.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {AttemptTimeoutError} from `execute` when the time is over.
 * @example
 * ```ts
 * const soon = timeout({ limitMs: 800 });
 * const answer = await soon.execute(({ signal }) => fetch('https://rates.example/eur', { signal }));
 * ```
 */
export function timeout(options: TimeoutOptions): Policy {
  checkOptions('timeout', options, {
    required: { limitMs: rule.durationMs() },
    optional: { name: rule.name(), clock: rule.object() },
  });
  const { limitMs, name = 'call', clock = limitClock } = options;
  const exceeded = (boundMs: number, lateMs: number) => new AttemptTimeoutError(name, boundMs, lateMs);
  return policyOf(
    clock,
    timingOut((run, timed) => run.make(timed), { clock, limitMs, reserveMs: 0, exceeded }),
  );
}
