import { DURABLE_WORK_MS } from './executions.ts';
import { isAstray, MARGIN_MS, type World } from './world.ts';

/**
 * The store removes what has had its retention, by its own clock and when it likes. What a clock wrote that is a day behind
 * it would remove a day too early: against that nothing is promised.
 */
export function removeExpired({ records, past, clock, setup, counts }: World): void {
  const now = clock.now() + (setup.skewsMs.at(-1) ?? 0);
  for (const one of records.held()) {
    const behindMs = isAstray(setup) ? Math.max(0, -records.skewOf(one.record)) : 0;
    if (now <= one.record.expiresAt * 1_000 + behindMs) continue;
    counts.removed++;
    past.frees(one.key);
    void records.remove(one);
  }
}

/** No run is at work for longer after its record was written, whatever clocks say. */
const LONGEST_MS = DURABLE_WORK_MS + MARGIN_MS + MARGIN_MS;

/** A person finds out what became of the runs whose lease is over, and frees their keys. */
export function freeHeld({ records, past, clock, setup, counts }: World): void {
  if (setup.onUnknownOutcome !== 'hold') return;
  for (const one of records.held()) {
    const leaseUntilMs = one.record.leaseUntil - records.skewOf(one.record);
    const isOver = clock.now() > Math.min(leaseUntilMs, one.atMs + LONGEST_MS);
    if (one.record.state !== 'in-progress' || !isOver) continue;
    counts.freed++;
    past.frees(one.key);
    void records.remove(one);
  }
}
