import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';

/** An error whose message must appear in no metric, log line or span. */
export const secret = Object.assign(new Error('hunter2 is the password'), { code: 'ECONNREFUSED' });

const outcome = { kind: 'outcome', name: 'posts', budgetExhausted: false, hedgeWon: false } as const;
const state = { kind: 'breaker-state', name: 'shared' } as const;

/** One event of each kind and ending. */
export const policyEvents: readonly PolicyEvent[] = [
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 12, failed: false },
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 7, failed: true, error: secret },
  { kind: 'retry', name: 'posts', attempt: 2, delayMs: 40.4, error: secret },
  { kind: 'retry', name: 'posts', attempt: 2, delayMs: 50 },
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 30, failed: false, cancelled: true },
  { kind: 'hedge', name: 'posts', attempt: 2 },
  { kind: 'budget-exhausted', name: 'posts', attempt: 1 },
  { kind: 'rejected', name: 'posts', by: 'breaker' },
  { kind: 'fallback', name: 'posts', error: secret },
  { kind: 'cache', name: 'kept', result: 'hit' },
  { kind: 'cache', name: 'kept', result: 'stale' },
  { kind: 'cache', name: 'kept', result: 'miss' },
  { kind: 'cache', name: 'kept', result: 'coalesced' },
  { kind: 'cache-store', name: 'kept', operation: 'read', reason: 'error', error: secret },
  { kind: 'cache-store', name: 'kept', operation: 'read', reason: 'corrupted' },
  { ...outcome, source: 'live', degraded: false, attempts: 2, durationMs: 90 },
  {
    ...{ ...outcome, source: 'fallback', degraded: true, attempts: 0, durationMs: 1 },
    error: new BreakerOpenError('posts', 500),
  },
  { ...outcome, source: 'cache', degraded: false, attempts: 0, durationMs: 1 },
  { ...outcome, source: 'stale', degraded: true, attempts: 1, durationMs: 3, error: secret },
  {
    ...{ ...outcome, source: 'none', degraded: true, attempts: 1, durationMs: 95 },
    budgetExhausted: true,
    error: secret,
  },
  {
    ...state,
    from: 'closed',
    to: 'open',
    origin: 'self',
    admittedFraction: 0,
    waitMs: 5_000,
    cause: 'status 503',
  },
  { ...state, from: 'half-open', to: 'closed', origin: 'observed', admittedFraction: 0.25, waitMs: 0 },
  { kind: 'breaker-report', name: 'shared', calls: 52, failures: 40, slow: false },
  { kind: 'breaker-report', name: 'shared', calls: 53, failures: 41, slow: true },
  { kind: 'breaker-store', name: 'shared', available: false, reason: 'no answer in 50 ms' },
  { kind: 'breaker-store', name: 'shared', available: true },
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 12, waitedMs: 30, failed: false },
  { kind: 'bulkhead-overdue', name: 'files', heldMs: 60_004.4 },
  { kind: 'shed', name: 'orders', priority: 'low', reason: 'queue' },
];

/** The outcome of a call whose value is that of a hedge. */
export const wonByHedge: PolicyEvent = {
  ...{ ...outcome, source: 'live', degraded: false, attempts: 2, durationMs: 90 },
  hedgeWon: true,
};

/** Events of a call that rejected with a falsy value: each is an error, and no event's `error` says so. */
export const failuresWith = (error: unknown): readonly PolicyEvent[] => [
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 7, failed: true, error },
  { kind: 'retry', name: 'posts', attempt: 2, delayMs: 40, error },
  { kind: 'fallback', name: 'posts', error },
  { ...outcome, source: 'fallback', degraded: true, attempts: 2, durationMs: 90, error },
  { ...outcome, source: 'none', degraded: true, attempts: 2, durationMs: 90, error },
];

/** Values that can be thrown and are falsy. */
export const FALSY: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['an empty string', ''],
  ['zero', 0],
  ['false', false],
];
