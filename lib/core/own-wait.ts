import { isObject } from './property.ts';

/*
 * A call that waits for one of this environment's own connections leaves its dependency less time than it is given, or none,
 * so the end of its time says nothing about that. What waited knows it, and what counts has the reason that the call was
 * aborted with: the same object, also through `AbortSignal.any`.
 */

const reasons = new WeakSet<object>();

/** Notes that a call which was aborted for this reason had waited for a connection of its own. */
export function noteOwnWait(reason: unknown): void {
  if (isObject(reason)) reasons.add(reason);
}

export const hasOwnWait = (reason: unknown): boolean => isObject(reason) && reasons.has(reason);
