/** What the protected function is told about the attempt it is. */
export interface CallContext {
  /** Aborts when this attempt's time, the total deadline or the caller's patience is over. Hand it to every I/O call. */
  readonly signal: AbortSignal;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** What is left of this attempt's time, in milliseconds. */
  remainingMs(): number;
}

/** One call to a dependency. */
export type Call<T> = (context: CallContext) => Promise<T>;
