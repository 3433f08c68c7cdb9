import { type Clock, sleep } from '../../lib/core/clock.ts';
import { DeadlineExceededError, FibrinError } from '../../lib/core/errors.ts';
import type { Execution } from '../../lib/core/execution.ts';
import type { Layer } from '../../lib/core/layer.ts';
import { runWithin } from '../../lib/core/time-limit.ts';
import { callWithin } from '../../lib/policy/within.ts';

/** Rejects calls while an operator has switched them off. */
export function killSwitch<T>(isOff: () => boolean): Layer<T> {
  return (next) => async (execution) => {
    if (isOff()) {
      throw new FibrinError('SWITCHED_OFF', 'Calls are switched off', { status: 503 });
    }
    return next(execution);
  };
}

/** Rejects a call while `limit` calls are running. */
export function bulkhead<T>(limit: number): Layer<T> {
  let running = 0;
  return (next) => async (execution) => {
    if (running >= limit) {
      throw new FibrinError('BULKHEAD_FULL', `${limit} calls are running already`, { status: 503 });
    }
    running++;
    try {
      return await next(execution);
    } finally {
      running--;
    }
  };
}

/** Gives a value again for `ttlMs`, and makes one call where several for a key come at once. */
export function cache<T>(clock: Clock, ttlMs: number): Layer<T> {
  const entries = new Map<string, { readonly value: Promise<T>; readonly endsAt: number }>();
  return (next) => (execution) => {
    const { key } = execution;
    if (key === undefined) return next(execution);
    const found = entries.get(key);
    if (found && clock.monotonic() < found.endsAt) return found.value;
    const value = next(execution);
    entries.set(key, { value, endsAt: clock.monotonic() + ttlMs });
    value.catch(() => entries.delete(key));
    return value;
  };
}

/** Lets `perSecond` attempts pass in a second, and asks the others to wait. */
export function rateLimit<T>(clock: Clock, perSecond: number): Layer<T> {
  const begun: number[] = [];
  return (next) => async (execution) => {
    const now = clock.monotonic();
    while (begun[0] !== undefined && begun[0] <= now - 1_000) begun.shift();
    const [oldest] = begun;
    if (oldest !== undefined && begun.length >= perSecond) {
      const retryAfterMs = oldest + 1_000 - now;
      throw new FibrinError('RATE_LIMITED', 'too many attempts', {
        status: 429,
        retryable: true,
        retryAfterMs,
      });
    }
    begun.push(now);
    return next(execution);
  };
}

/** Makes a second attempt where the first has not answered in `delayMs`. The first to succeed wins, the other is aborted. */
export function hedge<T>(clock: Clock, delayMs: number): Layer<T> {
  return (next) => async (execution) => {
    const over = new AbortController();
    const { outerSignal } = execution;
    const signal = outerSignal ? AbortSignal.any([outerSignal, over.signal]) : over.signal;
    const exceeded = () => new DeadlineExceededError('hedge', 'total timeout', 0);
    const attempt = (made: Execution) =>
      runWithin({ clock, limitMs: Number.POSITIVE_INFINITY, signal, exceeded }, (run) =>
        callWithin(next, made, run),
      );
    const second = sleep(clock, delayMs, signal).then(() => attempt(execution.withAttempt()));
    try {
      return await Promise.any([attempt(execution), second]);
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      over.abort(new Error('the other attempt won'));
    }
  };
}
