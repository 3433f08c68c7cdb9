/** What one second of a simulation has seen. */
export interface Second {
  /** Requests. One makes one call, unless it is rejected or has more attempts. */
  calls: number;
  rejected: number;
  /** Calls that were made, and failed. */
  failed: number;
}

/** Requests, and how many of them were rejected. */
export interface Tally {
  calls: number;
  rejected: number;
}

/** What is counted as it happens. */
export interface Observed {
  readonly seconds: readonly Second[];
  /** Calls made in the outage that failed, in all and before the breaker opened. */
  failedCalls: number;
  failedUntilOpen: number;
  /** When the shared state first became open in the outage. Virtual milliseconds. */
  openMs: number | undefined;
  /** From the onset until it opened: requests, and calls made for them. */
  requestsUntilOpen: number;
  callsUntilOpen: number;
  /** How often it opened before the onset, and closed in the outage. */
  falseOpens: number;
  falseCloses: number;
  probesAtOnce: number;
  /** From the warm-up on: requests that have ended, those that succeeded, and calls made. */
  ended: number;
  live: number;
  made: number;
  /** From a while after the outage on, by whether the wall clock of the environment is right. */
  readonly settled: { readonly right: Tally; readonly skewed: Tally };
  /** Time that the breaker added to calls begun in the outage, other than none. Milliseconds. */
  readonly addedMs: number[];
  /** How many such calls there were, also without any. */
  timed: number;
}

export const nothingObserved = (endMs: number): Observed => ({
  seconds: Array.from({ length: Math.ceil(endMs / 1_000) + 1 }, () => ({ calls: 0, rejected: 0, failed: 0 })),
  ...{ failedCalls: 0, failedUntilOpen: 0, openMs: undefined, requestsUntilOpen: 0, callsUntilOpen: 0 },
  ...{ falseOpens: 0, falseCloses: 0, probesAtOnce: 0, ended: 0, live: 0, made: 0 },
  settled: { right: { calls: 0, rejected: 0 }, skewed: { calls: 0, rejected: 0 } },
  ...{ addedMs: [], timed: 0 },
});
