import type { World } from './world.ts';

/** The store removes what has had its retention, by its own clock and when it likes. */
export function removeExpired({ records, clock, setup, counts }: World): void {
  const now = clock.now() + (setup.skewsMs.at(-1) ?? 0);
  for (const one of records.held()) {
    if (now <= one.record.expiresAt * 1_000) continue;
    counts.removed++;
    void records.remove(one);
  }
}

/** Somebody finds out what became of the runs whose lease is over, and frees their keys. */
export function freeHeld({ records, past, clock, setup, counts }: World): void {
  if (setup.onUnknownOutcome !== 'hold') return;
  for (const one of records.held()) {
    if (one.record.state !== 'in-progress' || clock.now() <= one.record.leaseUntil) continue;
    counts.freed++;
    past.frees(one.key);
    void records.remove(one);
  }
}
