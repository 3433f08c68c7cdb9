import type { Clock } from '../core/clock.ts';

/** What a sandbox may do by itself about an open breaker whose probe it cannot claim. */
export interface Alone {
  /** Whether one more call may be made now. A yes is for one call. */
  mayCall(): boolean;
  /** What came of a call. One that says nothing about the dependency is not reported. */
  settle(failed: boolean): void;
}

/**
 * Probes by itself: one call each `openMs`. After one that succeeds all may be made, until one fails or `openMs` pass
 * without another success. Nothing of it is shared, and nothing written.
 */
export function probeAlone(clock: Clock, openMs: number): Alone {
  let isWell = false;
  /** When what is known has grown old: monotonic milliseconds. */
  let knownUntil = -Infinity;
  const know = (well: boolean) => {
    isWell = well;
    knownUntil = clock.monotonic() + openMs;
  };
  return {
    mayCall() {
      const isKnown = clock.monotonic() < knownUntil;
      // The one call; until its end it is taken for a failure.
      if (!isKnown) know(false);
      return !isKnown || isWell;
    },
    settle(failed) {
      know(!failed);
    },
  };
}
