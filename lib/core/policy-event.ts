import type { BreakerEvent } from './breaker-event.ts';

/** What happened in a call that a policy protects, or to its breaker, for metrics, traces and logs. */
export type PolicyEvent =
  | BreakerEvent
  | {
      readonly kind: 'attempt';
      readonly name: string;
      readonly attempt: number;
      readonly durationMs: number;
      readonly error?: unknown;
    }
  | {
      readonly kind: 'retry';
      readonly name: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: unknown;
    }
  | {
      readonly kind: 'rejected';
      readonly name: string;
      readonly by: 'breaker' | 'deadline' | 'budget';
    }
  | {
      readonly kind: 'outcome';
      readonly name: string;
      readonly source: 'live' | 'fallback' | 'none';
      readonly degraded: boolean;
      readonly attempts: number;
      readonly durationMs: number;
      readonly error?: unknown;
    };
