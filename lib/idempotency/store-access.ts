import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { runWithin } from '../core/time-limit.ts';
import type { Execution } from './execution.ts';

/**
 * What one access to the store may take of an invocation. Long enough for the first request of a cold environment with little
 * CPU, which takes over a second: a claim that is given up too early locks its key all the same. Milliseconds.
 */
const STORE_LIMIT_MS = 3_000;
/** Kept of the invocation's time, so that it can still answer. Milliseconds. */
const ANSWER_RESERVE_MS = 50;
/** Granted with no time left too: what is sent may arrive all the same. Milliseconds. */
const MIN_STORE_LIMIT_MS = 50;

/**
 * One access to a store, within a limit of time and of the invocation.
 * @param name What the store is called.
 * @throws {StoreError} when it gives no answer in time.
 */
export function accessWithin<R>(
  clock: Clock,
  name: string,
  execution: Execution,
  access: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const remainingMs = execution.remainingMs() - ANSWER_RESERVE_MS;
  const limitMs = Math.max(MIN_STORE_LIMIT_MS, Math.min(STORE_LIMIT_MS, remainingMs));
  const exceeded = () =>
    new StoreError(`${name} gave no answer in ${Math.round(limitMs)} ms`, { retryable: true });
  return runWithin({ clock, limitMs, exceeded }, ({ signal }) => access(signal));
}
