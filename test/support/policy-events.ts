import { BreakerOpenError } from '../../lib/core/errors.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';

export const secret = Object.assign(new Error('hunter2 is the password'), { code: 'ECONNREFUSED' });

/** One event of each kind and ending, with errors whose messages are nobody's business. */
export const policyEvents: readonly PolicyEvent[] = [
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 12 },
  { kind: 'attempt', name: 'posts', attempt: 1, durationMs: 7, error: secret },
  { kind: 'retry', name: 'posts', attempt: 2, delayMs: 40, error: secret },
  { kind: 'rejected', name: 'posts', by: 'breaker' },
  { kind: 'outcome', name: 'posts', source: 'live', degraded: false, attempts: 2, durationMs: 90 },
  {
    kind: 'outcome',
    name: 'posts',
    source: 'fallback',
    degraded: true,
    attempts: 0,
    durationMs: 1,
    error: new BreakerOpenError('posts', 500),
  },
  {
    kind: 'outcome',
    name: 'posts',
    source: 'none',
    degraded: true,
    attempts: 2,
    durationMs: 95,
    error: secret,
  },
  {
    ...{ kind: 'breaker-state', name: 'shared', from: 'closed', to: 'open', origin: 'self' },
    admittedFraction: 0,
  },
  {
    ...{ kind: 'breaker-state', name: 'shared', from: 'half-open', to: 'closed', origin: 'observed' },
    admittedFraction: 0.25,
  },
  { kind: 'breaker-evidence', name: 'shared', calls: 52, failures: 40, isSlow: false },
  { kind: 'breaker-evidence', name: 'shared', calls: 53, failures: 41, isSlow: true },
  { kind: 'breaker-store', name: 'shared', isAnswering: false },
  { kind: 'breaker-store', name: 'shared', isAnswering: true },
];
