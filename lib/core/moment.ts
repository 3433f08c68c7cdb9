import type { Clock } from './clock.ts';

/** A moment by both clocks of an environment, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() });

/**
 * How long ago a moment was, in milliseconds. The larger of both clocks: some freezes stop the monotonic clock, and a time
 * server may set the wall clock back. Where it sets it forth, something is older than it is, which is safe.
 */
export const elapsedMs = (clock: Clock, { wall, monotonic }: Moment): number =>
  Math.max(clock.monotonic() - monotonic, clock.now() - wall);
