import type { Clock } from '../../core/clock.ts';

/** A clock that differs less does not make signatures invalid. Milliseconds. */
const MIN_SKEW_MS = 240_000;
/** What differs more is no clock that is wrong: a server could have signatures made for any time. Milliseconds. */
const MAX_SKEW_MS = 86_400_000;

/** The time for signatures: that of this machine, until DynamoDB has refused it. */
export class ServerTime {
  readonly #clock: Clock;
  #skewMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  /** Takes the time of an answer. False: it is much the same, or no time to believe. */
  learn(date: string | undefined): boolean {
    const skewMs = Date.parse(date ?? '') - this.#clock.now();
    const isNews = Math.abs(skewMs - this.#skewMs) >= MIN_SKEW_MS && Math.abs(skewMs) <= MAX_SKEW_MS;
    if (isNews) this.#skewMs = skewMs;
    return isNews;
  }
}
