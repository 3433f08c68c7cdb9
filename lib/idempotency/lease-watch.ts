import type { Clock } from '../core/clock.ts';
import type { IdempotencyRecord } from './protocol.ts';

/** Lambda ends an invocation after 15 minutes. Milliseconds. */
export const MAX_INVOCATION_MS = 900_000;

/** A few keys are asked for again and again, by clients that retry. */
const MAX_WATCHED = 1_000;

/** By whom a lease is held, and since when this environment knows of it, by the monotonic clock. */
interface Watched {
  readonly lease: string;
  readonly sinceMs: number;
}

/**
 * Leases that end later than any run can. The clock of their writer was ahead, or the record was changed by an operator. No run lasts
 * longer than the longest one does from when this environment first saw it.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * How long a run may still be at work, in milliseconds. Below 0: it has ended, whatever its lease says.
   * @param leftMs What its lease says.
   * @param maxMs How long a run can last.
   */
  leftMs(key: string, { owner, leaseUntil }: IdempotencyRecord, leftMs: number, maxMs: number): number {
    const lease = `${owner} ${leaseUntil}`;
    const now = this.#clock.monotonic();
    let watched = this.#watched.get(key);
    if (watched?.lease !== lease) {
      if (leftMs <= maxMs) return leftMs;
      watched = { lease, sinceMs: now };
      this.#watched.set(key, watched);
      const [oldest] = this.#watched.keys();
      if (this.#watched.size > MAX_WATCHED && oldest !== undefined) this.#watched.delete(oldest);
    }
    return Math.min(leftMs, watched.sinceMs + maxMs - now);
  }
}
