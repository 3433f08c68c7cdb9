import type { Clock } from '../core/clock.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';
import { Average } from './average.ts';

/** Invocations that the pauses and durations are averaged over: with fewer there is no overload. */
const RECENT = 8;
/** Invocations that the fraction of low ones is averaged over. It changes slowly, and a high one may be rare. */
const MANY = 256;
/** Below this fraction of higher ones there is nothing to protect. */
const FEW = 0.001;
/**
 * Durations of a request that an environment serves nothing before it serves a low one. With less the others find too few
 * environments free, with more the capacity is idle where the others need little of it.
 */
const REST = 2;

/**
 * How much is offered to a function whose environments serve one invocation at a time, as one of them sees it. While all are busy,
 * the next invocation goes to the one that ends first. So its pauses are the distances between requests: with C environments and
 * a duration of S, more is offered than they serve where a pause is shorter than S / C. Where some are idle, pauses are longer.
 */
export class OfferedLoad {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #pauses = new Average(RECENT);
  readonly #durations = new Average(RECENT);
  readonly #higher = new Average(MANY);
  #running = 0;
  #endedAt: Moment | undefined;
  #servedAt: Moment | undefined;

  /** @param capacity Invocations at once of all environments. */
  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  arrive(isLow: boolean): void {
    this.#higher.add(isLow ? 0 : 1);
    const isIdle = this.#running++ === 0;
    // A long pause says no more than that there is room, and is soon forgotten.
    if (isIdle && this.#endedAt && this.#durations.count > 0)
      this.#pauses.add(Math.min(elapsedMs(this.#clock, this.#endedAt), this.#durations.value));
  }

  /** @param durationMs Of one that was served. Undefined: it was shed. */
  end(durationMs?: number): void {
    this.#running--;
    this.#endedAt = momentOf(this.#clock);
    if (durationMs === undefined) return;
    this.#durations.add(durationMs);
    this.#servedAt = this.#endedAt;
  }

  /** Whether a low one is to be shed, so that others find an environment. */
  get shedsLow(): boolean {
    if (!this.#pauses.isFull || this.#higher.value < FEW) return false;
    const durationMs = this.#durations.value;
    const isOverload = this.#pauses.value * this.#capacity < durationMs;
    return isOverload && !!this.#servedAt && elapsedMs(this.#clock, this.#servedAt) < REST * durationMs;
  }
}
