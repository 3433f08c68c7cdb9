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
      /** Without what it has waited for the rate limiter and the bulkhead. */
      readonly durationMs: number;
      /** How long that was. Absent where it did not wait. */
      readonly waitedMs?: number;
      /** Anything can be thrown, `undefined` too, so `error` alone does not say it. */
      readonly failed: boolean;
      /** It was given up, since another branch of a hedged call has answered. It has not failed. May come after the outcome. */
      readonly cancelled?: true;
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
      /** A hedge is made: a further call beside those that have not answered. */
      readonly kind: 'hedge';
      readonly name: string;
      /** Number of the attempt that it is. */
      readonly attempt: number;
    }
  | {
      /** The retry budget was empty, so no further attempt was made, or no hedge. */
      readonly kind: 'budget-exhausted';
      readonly name: string;
      /** Number of the attempt that was the last one. */
      readonly attempt: number;
    }
  | {
      /** The call, or a further attempt, was not made. */
      readonly kind: 'rejected';
      readonly name: string;
      readonly by: 'breaker' | 'rateLimit' | 'bulkhead' | 'deadline';
    }
  | {
      /**
       * A call has held its slot of a bulkhead for as long as it may, and its function has neither ended nor heeded its signal.
       * Another call may have the slot. Once for each.
       */
      readonly kind: 'bulkhead-overdue';
      /** Of the bulkhead. */
      readonly name: string;
      readonly heldMs: number;
    }
  | {
      /** A request was shed before its handler ran. */
      readonly kind: 'shed';
      /** Of what has shed it. */
      readonly name: string;
      readonly priority: 'high' | 'normal' | 'low';
      readonly reason: 'breaker' | 'capacity' | 'queue' | 'time';
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
      /** A request of a shared cache to its store has failed, or has brought what no cache has written. The call goes on without it. */
      readonly kind: 'cache-store';
      /** Name of the cache. */
      readonly name: string;
      /** `lease`: what lets other environments wait for a load. */
      readonly operation: 'read' | 'write' | 'lease';
      readonly reason: 'error' | 'corrupted';
      readonly error?: unknown;
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
      /** Whether the value is that of a hedge. */
      readonly hedgeWon: boolean;
      readonly error?: unknown;
    };
