import type { Random } from '../../lib/core/random.ts';
import { IdempotencyGuard } from '../../lib/idempotency/guard.ts';
import { DURABLE_WORK_MS } from './executions.ts';
import type { Request } from './history.ts';
import { knownLeases } from './known-leases.ts';
import { type Line, line } from './line.ts';
import { RETENTION_SECONDS, type World } from './world.ts';

/** What a sandbox has from its start to its end. */
export interface Client {
  readonly guard: IdempotencyGuard<Request>;
  readonly wire: Line;
  readonly isBelieved: ReturnType<typeof knownLeases>;
}

/** The shipped guard, on a line of its own. Its margin is the default one. */
export function client(world: World, skewMs: number, random: Random): Client {
  const { network, records, counts, clock, setup, options, clockOf } = world;
  const wire = line(network.send, records.store, counts, (owner) => records.isOf(owner, skewMs));
  const guard = new IdempotencyGuard<Request>({
    store: wire.store,
    operation: 'order',
    key: () => 'the one key',
    principal: ({ user }) => user,
    payload: ({ payload }) => payload,
    retentionSeconds: RETENTION_SECONDS,
    durableWorkMs: DURABLE_WORK_MS,
    onUnknownOutcome: setup.onUnknownOutcome,
    waitMs: setup.waitMs,
    ...(setup.caches && { replayCache: {} }),
    clock: clockOf({ ...clock, now: () => clock.now() + skewMs }),
    random,
    ...options,
  });
  return { guard, wire, isBelieved: knownLeases(clock) };
}
