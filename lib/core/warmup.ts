/*
 * What a warmer sends and what it gets back. The middleware `warmup` and the constructs share it.
 */

/** The `source` of a ping. It is the top level's, which no caller of an HTTP API reaches. */
export const WARMUP_SOURCE = 'fibrin.warmup';

/** The longest that a ping holds an execution environment. Milliseconds. */
export const MAX_HOLD_MS = 1_000;

/** An event that only keeps an execution environment warm. */
export interface WarmupPing {
  readonly source: typeof WARMUP_SOURCE;
  /** How long it holds the environment, so that others that come meanwhile warm other ones. Milliseconds, 0 to 1,000. */
  readonly holdMs?: number;
}

/** The answer to a ping. */
export interface WarmupAnswer {
  /** Of the execution environment, the same for as long as it lives. */
  readonly environment: string;
}
