import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { cache } from '../../lib/cache/index.ts';
import type { Call, ExecuteOptions } from '../../lib/core/execution.ts';
import type { Layer } from '../../lib/core/layer.ts';
import { bulkhead } from '../../lib/policy/bulkhead.ts';
import { fallback } from '../../lib/policy/fallback.ts';
import { hedge } from '../../lib/policy/hedge.ts';
import { rateLimit } from '../../lib/policy/rate-limit.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { retry } from '../../lib/policy/retry.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { validation } from '../../lib/policy/validate.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, seededRandom } from '../../lib/testing/index.ts';
import { failing } from './outcomes.ts';

/** A layer of a user that does nothing. */
export const passes: Layer<unknown> = (next) => (execution) => next(execution);

/** A shared breaker that reports every outcome. */
export const shared = (clock: FakeClock): CircuitBreaker =>
  sharedBreaker({
    ...{ name: 'posts', store: memoryStore(), clock, openMs: 5_000 },
    random: { ...seededRandom(1), next: () => 0 },
  });

/** Makes calls that fail until the breaker is open. */
export async function opens(breaker: CircuitBreaker): Promise<void> {
  for (let calls = 0; calls < 60 && breaker.state === 'closed'; calls++)
    await breaker.execute(failing).catch(() => undefined);
  if (breaker.state !== 'open') throw new Error('expected the breaker to open');
}

export interface Subject {
  execute(call: Call<unknown>, options?: ExecuteOptions): Promise<unknown>;
}

/** Has each call ask for a key of its own, so that it is a load. */
function withKeys(subject: Subject): Subject {
  let calls = 0;
  return { execute: (call, options) => subject.execute(call, { key: `${calls++}`, ...options }) };
}

/** Each policy alone, and all of them together. */
export const POLICIES: readonly (readonly [string, (clock: FakeClock) => Subject | Promise<Subject>])[] = [
  ['retry', (clock) => retry({ clock })],
  ['hedge', (clock) => hedge({ delayMs: 500, clock })],
  ['timeout', (clock) => timeout({ timeoutMs: 1_000, clock })],
  ['fallback', (clock) => fallback<unknown>({ fallback: 'stale', clock })],
  ['validation', (clock) => validation<unknown>({ validate: () => true, clock })],
  ['cache', (clock) => withKeys(cache({ name: 'posts', ttlMs: 1_000, clock }))],
  ['rateLimit', (clock) => rateLimit({ perSecond: 100, clock })],
  ['bulkhead', (clock) => bulkhead({ limit: 100, clock })],
  ['circuitBreaker', (clock) => circuitBreaker({ name: 'posts', clock })],
  ['sharedBreaker', shared],
  ['resilient', (clock) => resilient({ name: 'posts', clock })],
  [
    'resilient without limits',
    (clock) => resilient({ name: 'posts', totalTimeoutMs: false, attemptTimeoutMs: false, clock }),
  ],
  [
    'resilient with all of its policies',
    (clock) =>
      resilient<unknown>({
        ...{ name: 'posts', hedge: hedge({ delayMs: 500 }), retry: {}, breaker: {}, clock },
        ...{ validate: () => true, fallback: 'stale' },
        ...{ rateLimit: rateLimit({ perSecond: 100, clock }), bulkhead: bulkhead({ limit: 100, clock }) },
        ...{ layers: [{ before: 'telemetry', layer: passes }], onEvent: () => undefined },
      }),
  ],
  [
    'resilient with a cache',
    (clock) =>
      withKeys(
        resilient<unknown>({
          ...{ name: 'posts', clock, retry: {}, breaker: {} },
          cache: cache({ name: 'posts', ttlMs: 1_000, staleIfErrorMs: 1_000, clock }),
        }),
      ),
  ],
  ['resilient with a shared breaker', (clock) => resilient({ name: 'posts', breaker: shared(clock), clock })],
];
