import { describe, expect, it, vi } from 'vitest';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { errorCode } from '../../lib/telemetry/error-code.ts';
import { policyMetrics } from '../../lib/telemetry/policy-metrics.ts';
import { readEmf } from '../support/emf.ts';
import { policyEvents, secret } from '../support/policy-events.ts';

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

const only = (kind: PolicyEvent['kind']) => policyEvents.filter((event) => event.kind === kind);

describe('the metrics of policies', () => {
  it('are one line for a call, with the shares of those that fail and of those that are degraded', () => {
    const counts = { policy: 'posts', PolicyCalls: 1 };
    expect(metricsOf(...only('outcome'))).toEqual([
      { ...counts, PolicyAttempts: 2, PolicyDuration: 90, PolicyFallbacks: 0, PolicyFailures: 0 },
      { ...counts, PolicyAttempts: 0, PolicyDuration: 1, PolicyFallbacks: 1, PolicyFailures: 0 },
      { ...counts, PolicyAttempts: 2, PolicyDuration: 95, PolicyFallbacks: 0, PolicyFailures: 1 },
      { policy: 'posts', code: 'ECONNREFUSED', PolicyFailures: 1 },
    ]);
  });

  it('tell of attempts that failed alone, since the call counts them all', () => {
    expect(metricsOf(...only('attempt'))).toEqual([
      { policy: 'posts', code: 'ECONNREFUSED', PolicyFailedAttempts: 1, PolicyFailedAttemptDuration: 7 },
    ]);
  });

  it('count retries and rejections', () => {
    expect(metricsOf(...only('retry'), ...only('rejected'))).toEqual([
      { policy: 'posts', PolicyRetries: 1, PolicyRetryDelay: 40 },
      { policy: 'posts', by: 'breaker', PolicyRejections: 1 },
    ]);
  });

  it('count the changes of a breaker once a fleet, and who has seen them apart from that', () => {
    expect(metricsOf(...only('breaker-state'))).toEqual([
      { breaker: 'shared', from: 'closed', to: 'open', BreakerStateChanges: 1 },
      { breaker: 'shared', from: 'half-open', to: 'closed', BreakerStatesSeen: 1 },
    ]);
  });

  it('tell what the evidence of a breaker holds, and whether its store answers', () => {
    expect(metricsOf(...only('breaker-evidence'), ...only('breaker-store'))).toEqual([
      { breaker: 'shared', BreakerWindowCalls: 52, BreakerWindowFailures: 40, BreakerSlowReports: 0 },
      { breaker: 'shared', BreakerWindowCalls: 53, BreakerWindowFailures: 41, BreakerSlowReports: 1 },
      { breaker: 'shared', CountingStoreTroubles: 1 },
      { breaker: 'shared', CountingStoreRecoveries: 1 },
    ]);
  });

  it('cost no call when they cannot be written', () => {
    const write = vi.fn(() => {
      throw new Error('no disk');
    });
    const onEvent = policyMetrics({ namespace: 'Shop', write });
    for (const event of policyEvents) expect(() => onEvent(event)).not.toThrow();
    expect(write).toHaveBeenCalled();
  });

  it('are refused with bad options', () => {
    expect(() => policyMetrics({ namespace: '' })).toThrow(/`namespace` to be a name/);
  });
});

describe('what an error is called', () => {
  const fetched = new TypeError('fetch failed', { cause: secret });
  const named = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });

  it.each<[string, unknown, string]>([
    ['its code', secret, 'ECONNREFUSED'],
    ['the code of what led to it before its own name', fetched, 'ECONNREFUSED'],
    ['its name where there is no code', named, 'ThrottlingException'],
    ['no code that is text for people', Object.assign(new TypeError('x'), { code: 'a b' }), 'TypeError'],
    ['no code that is a number', new DOMException('late', 'TimeoutError'), 'TimeoutError'],
    ['unknown where nobody named it', new Error('hunter2'), 'UNKNOWN'],
    ['unknown where it is none', 'hunter2', 'UNKNOWN'],
    ['unknown where there is nothing', undefined, 'UNKNOWN'],
  ])('is %s', (_, error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});
