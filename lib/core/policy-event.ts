import type { BreakerEvent } from './breaker-event.ts';
import type { Source } from './execution.ts';

/** What happened in a call that a policy protects, or to its breaker, for metrics, traces and logs. */
export type PolicyEvent =
  | BreakerEvent
  | {
      /** An attempt has ended. */
      readonly kind: 'attempt';
      readonly name: string;
      /** From 1. */
      readonly attempt: number;
      readonly durationMs: number;
      /** Anything can be thrown, `undefined` too, so `error` alone does not say it. */
      readonly failed: boolean;
      readonly error?: unknown;
    }
  | {
      /** A further attempt follows after a wait. */
      readonly kind: 'retry';
      readonly name: string;
      /** Number of the attempt that follows. */
      readonly attempt: number;
      readonly delayMs: number;
      /** Absent where `shouldRetryResult` asked for it. */
      readonly error?: unknown;
    }
  | {
      /** The retry budget was empty, so no further attempt was made. */
      readonly kind: 'budget-exhausted';
      readonly name: string;
      /** Number of the attempt that was the last one. */
      readonly attempt: number;
    }
  | {
      /** The call, or a further attempt, was not made. */
      readonly kind: 'rejected';
      readonly name: string;
      readonly by: 'breaker' | 'deadline';
    }
  | {
      /** The fallback stood in for the error. */
      readonly kind: 'fallback';
      readonly name: string;
      readonly error: unknown;
    }
  | {
      /** A call with a key has asked a cache. */
      readonly kind: 'cache';
      /** Name of the cache. */
      readonly name: string;
      /** `stale`: the value was handed out while it is refreshed. `coalesced`: the call waits for a load of another call. */
      readonly result: 'hit' | 'stale' | 'miss' | 'coalesced';
    }
  | {
      readonly kind: 'outcome';
      readonly name: string;
      readonly source: Source | 'none';
      readonly degraded: boolean;
      readonly attempts: number;
      readonly durationMs: number;
      /** Whether the retry budget ended the call. */
      readonly budgetExhausted: boolean;
      readonly error?: unknown;
    };
