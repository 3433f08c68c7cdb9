/*
 * A call that waits for one of this environment's own connections has not reached its dependency, so the end of its time says
 * nothing about that. Who waits knows it, and who counts has the reason that the call was aborted with: the same object, also
 * through `AbortSignal.any`.
 */

const reasons = new WeakSet<object>();

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Notes that nothing of a request was sent when it was aborted for this reason. */
export function noteUnsent(reason: unknown): void {
  if (isObject(reason)) reasons.add(reason);
}

export const isUnsent = (reason: unknown): boolean => isObject(reason) && reasons.has(reason);
