import type { Clock } from '../core/clock.ts';

/** A moment by both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const momentOf = (clock: Clock): Moment => ({
  monotonicMs: clock.monotonic(),
  wallMs: clock.now(),
});

/**
 * How long ago a moment was, in milliseconds. The larger of both clocks: some freezes stop the monotonic clock, and a time
 * server may set the wall clock back. Where it sets it forth, something is older than it is, which is safe.
 */
export const elapsedMs = (clock: Clock, { monotonicMs, wallMs }: Moment): number =>
  Math.max(clock.monotonic() - monotonicMs, clock.now() - wallMs);
