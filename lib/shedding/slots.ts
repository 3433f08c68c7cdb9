import type { Clock } from '../core/clock.ts';
import type { Supply } from '../policy/waiting-line.ts';
import { Average } from './average.ts';
import { overloaded } from './overloaded.ts';

/** Requests that the duration of one is averaged over. */
const RECENT = 16;

/** As long as Lambda lets an invocation run. Milliseconds. */
export const MAX_HOLD_MS = 900_000;

/** Held by a request while its handler runs, but no longer than its caller waits for it. */
export class Slot {
  readonly since: number;
  /** By the monotonic clock. */
  dueAt: number;
  constructor(since: number) {
    this.since = since;
    this.dueAt = since + MAX_HOLD_MS;
  }
}

/** What requests wait for. A slot whose time is over is free for the next one, which needs no timer. */
export class Slots implements Supply<Slot> {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #retryAfterMs: () => number;
  readonly #held = new Set<Slot>();
  readonly #durations = new Average(RECENT);

  constructor(clock: Clock, limit: number, retryAfterMs: () => number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#retryAfterMs = retryAfterMs;
  }

  freeInMs(): number {
    if (this.#held.size < this.#limit) return 0;
    const now = this.#clock.monotonic();
    let soonestMs = Infinity;
    for (const slot of this.#held) {
      if (slot.dueAt <= now) this.#held.delete(slot);
      else soonestMs = Math.min(soonestMs, slot.dueAt - now);
    }
    return this.#held.size < this.#limit ? 0 : soonestMs;
  }

  take(): Slot {
    const slot = new Slot(this.#clock.monotonic());
    this.#held.add(slot);
    return slot;
  }

  refusal(): Error {
    return overloaded('time', this.#retryAfterMs());
  }

  free(slot: Slot): void {
    // One that has outlasted its time says nothing about the others.
    if (this.#held.delete(slot)) this.#durations.add(this.#clock.monotonic() - slot.since);
  }

  /** How long those take to begin that are before another one, by what requests took lately. Milliseconds. */
  expectedWaitMs(before: number): number {
    return (before * this.#durations.value) / this.#limit;
  }
}
