import { describe, expect, it, vi } from 'vitest';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { policyMetrics } from '../../lib/telemetry/policy-metrics.ts';
import { readEmf } from '../support/emf.ts';
import { FALSY, failuresWith, policyEvents, wonByHedge } from '../support/policy-events.ts';

function metricsOf(...events: readonly PolicyEvent[]) {
  const lines: string[] = [];
  const onEvent = policyMetrics({ namespace: 'Shop', write: (line) => lines.push(line) });
  for (const event of events) onEvent(event);
  expect(lines.join()).not.toMatch(/hunter2/);
  return lines.map((line) => {
    const { metrics, dimensions } = readEmf(line);
    return { ...dimensions, ...metrics };
  });
}

const ofKind = (kind: PolicyEvent['kind']) => policyEvents.filter((event) => event.kind === kind);

const failedAttempt = (code: string): PolicyEvent => ({
  ...{ kind: 'attempt', name: 'posts', attempt: 1, durationMs: 1, failed: true },
  error: Object.assign(new Error('x'), { code }),
});

describe('policyMetrics', () => {
  it('writes one line for a call, with 1 or 0 for a failure, a fallback and a stale value', () => {
    const counts = { policy: 'posts', PolicyCalls: 1 };
    const none = { PolicyFallbacks: 0, PolicyStale: 0, PolicyFailures: 0 };
    expect(metricsOf(...ofKind('outcome'))).toEqual([
      { ...counts, PolicyAttempts: 2, PolicyDuration: 90, ...none },
      { ...counts, PolicyAttempts: 0, PolicyDuration: 1, ...none, PolicyFallbacks: 1 },
      { ...counts, PolicyAttempts: 0, PolicyDuration: 1, ...none },
      { ...counts, PolicyAttempts: 1, PolicyDuration: 3, ...none, PolicyStale: 1 },
      { ...counts, PolicyAttempts: 1, PolicyDuration: 95, ...none, PolicyFailures: 1 },
      { policy: 'posts', code: 'ECONNREFUSED', PolicyFailures: 1 },
    ]);
  });

  it('counts failed attempts by code, those that waited, and no other attempt that succeeded', () => {
    expect(metricsOf(...ofKind('attempt'))).toEqual([
      { policy: 'posts', code: 'ECONNREFUSED', PolicyFailedAttempts: 1, PolicyFailedAttemptDuration: 7 },
      { policy: 'posts', PolicyWaits: 1, PolicyWaitDuration: 30 },
    ]);
  });

  it('counts calls that do not end by the name of their bulkhead', () => {
    expect(metricsOf(...ofKind('bulkhead-overdue'))).toEqual([{ bulkhead: 'files', BulkheadOverdue: 1 }]);
  });

  it('counts requests that were shed by their priority', () => {
    expect(metricsOf(...ofKind('shed'))).toEqual([{ shedding: 'orders', priority: 'low', Shed: 1 }]);
  });

  it('counts retries, empty retry budgets, rejections and fallbacks', () => {
    const events = (['retry', 'budget-exhausted', 'rejected', 'fallback'] as const).flatMap(ofKind);
    expect(metricsOf(...events)).toEqual([
      { policy: 'posts', PolicyRetries: 1, PolicyRetryDelay: 40.4 },
      { policy: 'posts', PolicyRetries: 1, PolicyRetryDelay: 50 },
      { policy: 'posts', PolicyRetryBudgetExhausted: 1 },
      { policy: 'posts', by: 'breaker', PolicyRejections: 1 },
      { policy: 'posts', code: 'ECONNREFUSED', PolicyFallbacks: 1 },
    ]);
  });

  it('counts hedges, calls whose value is that of a hedge, and no cancelled attempt as failed', () => {
    expect(metricsOf(...ofKind('hedge'))).toEqual([{ policy: 'posts', PolicyHedges: 1 }]);
    expect(metricsOf(wonByHedge)).toMatchObject([
      { PolicyCalls: 1 },
      { policy: 'posts', PolicyHedgesWon: 1 },
    ]);
  });

  it('counts what a cache had, by the name of the cache', () => {
    const none = { cache: 'kept', CacheHits: 0, CacheStale: 0, CacheMisses: 0, CacheCoalesced: 0 };
    expect(metricsOf(...ofKind('cache'))).toEqual([
      { ...none, CacheHits: 1 },
      { ...none, CacheStale: 1 },
      { ...none, CacheMisses: 1 },
      { ...none, CacheCoalesced: 1 },
    ]);
  });

  it('counts requests of a shared cache that failed, and items that no cache has written', () => {
    const none = { cache: 'kept', operation: 'read', CacheStoreFailures: 0, CacheCorrupted: 0 };
    expect(metricsOf(...ofKind('cache-store'))).toEqual([
      { ...none, CacheStoreFailures: 1 },
      { ...none, CacheCorrupted: 1 },
    ]);
  });

  it.each(FALSY)('counts a call that rejects with %s as failed', (_, error) => {
    const counted = Object.assign({}, ...metricsOf(...failuresWith(error)));
    expect(counted).toMatchObject({ PolicyFailedAttempts: 1, PolicyFailures: 1, PolicyFallbacks: 0 });
    expect(metricsOf(...failuresWith(error)).filter((line) => 'code' in line)).toEqual([
      { policy: 'posts', code: 'UNKNOWN', PolicyFailedAttempts: 1, PolicyFailedAttemptDuration: 7 },
      { policy: 'posts', code: 'UNKNOWN', PolicyFallbacks: 1 },
      { policy: 'posts', code: 'UNKNOWN', PolicyFailures: 1 },
    ]);
  });

  it('counts a change of a breaker once, and environments that observed it apart from that', () => {
    expect(metricsOf(...ofKind('breaker-state'))).toEqual([
      { breaker: 'shared', from: 'closed', to: 'open', BreakerStateChanges: 1, BreakerWait: 5_000 },
      { breaker: 'shared', from: 'half-open', to: 'closed', BreakerStateObserved: 1, BreakerWait: 0 },
    ]);
  });

  it('writes the counts of each breaker report, and whether the store answers', () => {
    expect(metricsOf(...ofKind('breaker-report'), ...ofKind('breaker-store'))).toEqual([
      { breaker: 'shared', BreakerWindowCalls: 52, BreakerWindowFailures: 40, BreakerSlowReports: 0 },
      { breaker: 'shared', BreakerWindowCalls: 53, BreakerWindowFailures: 41, BreakerSlowReports: 1 },
      { breaker: 'shared', BreakerStoreFailures: 1 },
      { breaker: 'shared', BreakerStoreRecoveries: 1 },
    ]);
  });

  it('gives 500 codes 21 values of a dimension, and BREAKER_OPEN its own however late it comes', () => {
    const codes = Array.from({ length: 500 }, (_, n) => `CODE_${n}`);
    const values = metricsOf(...[...codes, 'BREAKER_OPEN', 'CODE_3'].map(failedAttempt)).map(
      (line) => line['code'],
    );
    expect([...new Set(values)]).toEqual([...codes.slice(0, 20), 'OTHER', 'BREAKER_OPEN']);
    expect(values.at(-1)).toBe('CODE_3');
  });

  it('never throws when the line cannot be written', () => {
    const write = vi.fn(() => {
      throw new Error('no disk');
    });
    const onEvent = policyMetrics({ namespace: 'Shop', write, onWarning: () => undefined });
    for (const event of policyEvents) expect(() => onEvent(event)).not.toThrow();
    expect(write).toHaveBeenCalled();
  });

  it('refuses bad options', () => {
    expect(() => policyMetrics({ namespace: '' })).toThrow(/expected `namespace` to be 1 to 255/);
  });
});
