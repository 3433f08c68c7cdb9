import type { Clock } from '../../lib/core/clock.ts';
import { MAX_INVOCATION_MS } from '../../lib/idempotency/lease-watch.ts';
import { type IdempotencyRecord, isDurable } from '../../lib/idempotency/protocol.ts';
import { DURABLE_WORK_MS } from './executions.ts';
import { MARGIN_MS } from './world.ts';

/** How long a key may be refused for one run, from when a sandbox first knew of it. */
export const longestLockMs = (owner: string): number =>
  MARGIN_MS + (isDurable(owner) ? DURABLE_WORK_MS : MAX_INVOCATION_MS);

/** Of a sandbox: whether it may still refuse requests for a run, or has known of its lease for longer than any run lasts. */
export function knownLeases(clock: Clock): (record: IdempotencyRecord) => boolean {
  const since = new Map<string, number>();
  return ({ owner, leaseUntil }) => {
    const lease = `${owner} ${leaseUntil}`;
    const now = clock.monotonic();
    const first = since.get(lease) ?? now;
    since.set(lease, first);
    return now - first <= longestLockMs(owner);
  };
}
