import type { Clock } from '../core/clock.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';

/** Keys that are remembered at most. One that is forgotten takes a lease again, which costs two writes. */
const MAX_KEYS = 100;

/** Keys whose last load has failed a moment ago. */
export class Failures {
  readonly #clock: Clock;
  readonly #forMs: number;
  readonly #at = new Map<string, Moment>();

  /** @param forMs How long a failure counts. Milliseconds. */
  constructor(clock: Clock, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  add(key: string): void {
    // A Map has its keys in the order in which they came.
    this.#at.delete(key);
    this.#at.set(key, momentOf(this.#clock));
    for (const oldest of this.#at.keys()) {
      if (this.#at.size <= MAX_KEYS) return;
      this.#at.delete(oldest);
    }
  }

  has(key: string): boolean {
    const at = this.#at.get(key);
    return at !== undefined && elapsedMs(this.#clock, at) < this.#forMs;
  }

  delete(key: string): void {
    this.#at.delete(key);
  }
}
