import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import {
  type PolicySpansOptions,
  policySpans,
  type SpanLike,
  type TracerLike,
} from '../../lib/telemetry/otel.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { FALSY, failuresWith, policyEvents, wonByHedge } from '../support/policy-events.ts';

const NOW = 1_000_000;

/** A tracer that records its spans, and an active span that records its events. */
function recorder() {
  const spans: Record<string, unknown>[] = [];
  const events: unknown[] = [];
  const tracer: TracerLike = {
    startSpan(name, options) {
      const span: Record<string, unknown> = { name, ...options };
      spans.push(span);
      return {
        addEvent: () => undefined,
        setStatus: (status) => Object.assign(span, { status }),
        end: (endTime) => void Object.assign(span, { endTime }),
      };
    },
  };
  const active: SpanLike = {
    addEvent: (...event) => events.push(event),
    setStatus: () => undefined,
    end: () => undefined,
  };
  return { spans, events, tracer, activeSpan: () => active };
}

const policy = { 'fibrin.policy': 'posts' };
const breaker = { 'fibrin.breaker': 'shared' };

afterEach(() => {
  vi.doUnmock('@opentelemetry/api');
});

const recordedBy = (events: readonly PolicyEvent[]) => {
  const { tracer, activeSpan, ...recorded } = recorder();
  const onEvent = policySpans({ tracer, activeSpan, clock: fakeClock(NOW) });
  for (const event of events) onEvent(event);
  return recorded;
};

describe('policySpans', () => {
  const { spans, events } = recordedBy(policyEvents);

  it('makes one span for each attempt and each call, over the time that it took', () => {
    const outcome = { ...policy, 'fibrin.degraded': true, 'fibrin.budget_exhausted': false };
    const live = { 'fibrin.source': 'live', 'fibrin.degraded': false, 'fibrin.attempts': 2 };
    const code = { 'error.type': 'ECONNREFUSED' };
    const failed = { status: { code: 2 }, endTime: NOW };
    expect(spans).toEqual([
      {
        name: 'posts attempt',
        startTime: NOW - 12,
        attributes: { ...policy, 'fibrin.attempt': 1 },
        endTime: NOW,
      },
      {
        name: 'posts attempt',
        startTime: NOW - 7,
        attributes: { ...policy, 'fibrin.attempt': 1, ...code },
        ...failed,
      },
      {
        name: 'posts attempt',
        startTime: NOW - 30,
        attributes: { ...policy, 'fibrin.attempt': 1, 'fibrin.cancelled': true },
        endTime: NOW,
      },
      { name: 'posts', startTime: NOW - 90, attributes: { ...outcome, ...live }, endTime: NOW },
      {
        name: 'posts',
        startTime: NOW - 1,
        attributes: {
          ...outcome,
          'fibrin.source': 'fallback',
          'fibrin.attempts': 0,
          'error.type': 'BREAKER_OPEN',
        },
        endTime: NOW,
      },
      {
        name: 'posts',
        startTime: NOW - 1,
        attributes: {
          ...outcome,
          ...{ 'fibrin.source': 'cache', 'fibrin.degraded': false, 'fibrin.attempts': 0 },
        },
        endTime: NOW,
      },
      {
        name: 'posts',
        startTime: NOW - 3,
        attributes: { ...outcome, 'fibrin.source': 'stale', 'fibrin.attempts': 1, ...code },
        endTime: NOW,
      },
      {
        name: 'posts',
        startTime: NOW - 95,
        attributes: {
          ...outcome,
          'fibrin.source': 'none',
          'fibrin.attempts': 1,
          'fibrin.budget_exhausted': true,
          ...code,
        },
        ...failed,
      },
      {
        name: 'posts attempt',
        startTime: NOW - 12,
        attributes: { ...policy, 'fibrin.attempt': 1, 'fibrin.waited_ms': 30 },
        endTime: NOW,
      },
    ]);
  });

  it('say of a call whose value is that of a hedge, and of no other, that it is', () => {
    expect(recordedBy([wonByHedge]).spans).toMatchObject([{ attributes: { 'fibrin.hedge_won': true } }]);
    for (const { attributes } of spans) expect(attributes).not.toHaveProperty(['fibrin.hedge_won']);
  });

  it('adds an event to the active span for everything else', () => {
    const storeRead = { 'fibrin.cache': 'kept', 'fibrin.operation': 'read' };
    expect(events).toEqual([
      ['retry', { ...policy, 'fibrin.attempt': 2, 'fibrin.delay_ms': 40.4, 'error.type': 'ECONNREFUSED' }],
      ['retry', { ...policy, 'fibrin.attempt': 2, 'fibrin.delay_ms': 50 }],
      ['hedge', { ...policy, 'fibrin.attempt': 2 }],
      ['budget-exhausted', { ...policy, 'fibrin.attempt': 1 }],
      ['rejected', { ...policy, 'fibrin.rejected_by': 'breaker' }],
      ['fallback', { ...policy, 'error.type': 'ECONNREFUSED' }],
      ['cache', { 'fibrin.cache': 'kept', 'fibrin.cache_result': 'hit' }],
      ['cache', { 'fibrin.cache': 'kept', 'fibrin.cache_result': 'stale' }],
      ['cache', { 'fibrin.cache': 'kept', 'fibrin.cache_result': 'miss' }],
      ['cache', { 'fibrin.cache': 'kept', 'fibrin.cache_result': 'coalesced' }],
      ['cache-store', { ...storeRead, 'fibrin.reason': 'error', 'error.type': 'ECONNREFUSED' }],
      ['cache-store', { ...storeRead, 'fibrin.reason': 'corrupted' }],
      [
        'breaker-state',
        {
          ...{ ...breaker, 'fibrin.from': 'closed', 'fibrin.to': 'open' },
          ...{ 'fibrin.origin': 'self', 'fibrin.admitted_fraction': 0 },
          ...{ 'fibrin.wait_ms': 5_000, 'fibrin.cause': 'status 503' },
        },
      ],
      [
        'breaker-state',
        {
          ...{ ...breaker, 'fibrin.from': 'half-open', 'fibrin.to': 'closed' },
          ...{ 'fibrin.origin': 'observed', 'fibrin.admitted_fraction': 0.25, 'fibrin.wait_ms': 0 },
        },
      ],
      ['breaker-report', { ...breaker, 'fibrin.calls': 52, 'fibrin.failures': 40, 'fibrin.slow': false }],
      ['breaker-report', { ...breaker, 'fibrin.calls': 53, 'fibrin.failures': 41, 'fibrin.slow': true }],
      [
        'breaker-store',
        { ...breaker, 'fibrin.store_available': false, 'fibrin.reason': 'no answer in 50 ms' },
      ],
      ['breaker-store', { ...breaker, 'fibrin.store_available': true }],
      ['bulkhead-overdue', { 'fibrin.bulkhead': 'files', 'fibrin.held_ms': 60_004.4 }],
      ['shed', { 'fibrin.shedding': 'orders', 'fibrin.priority': 'low', 'fibrin.reason': 'queue' }],
    ]);
  });

  it.each(FALSY)('marks the spans of a call that rejects with %s as failed', (_, error) => {
    const recorded = recordedBy(failuresWith(error));
    const unknown = { 'error.type': 'UNKNOWN' };
    const failed = { status: { code: 2 } };
    expect(recorded.spans).toMatchObject([
      { name: 'posts attempt', attributes: unknown, ...failed },
      { name: 'posts', attributes: { 'fibrin.source': 'fallback', ...unknown } },
      { name: 'posts', attributes: { 'fibrin.source': 'none', ...unknown }, ...failed },
    ]);
    expect(recorded.spans[1]).not.toHaveProperty('status');
    expect(recorded.events).toMatchObject([
      ['retry', unknown],
      ['fallback', unknown],
    ]);
  });

  it('puts no message of an error into a span', () => {
    expect(JSON.stringify([spans, events])).not.toContain('hunter2');
  });

  it('works without an active span', () => {
    const other = recorder();
    for (const options of [{}, { activeSpan: () => undefined }]) {
      const listener = policySpans({ tracer: other.tracer, ...options });
      for (const event of policyEvents) expect(() => listener(event)).not.toThrow();
    }
    expect(other.spans).toHaveLength(18);
  });

  it('never throws when the tracer fails', () => {
    const fail = vi.fn(() => {
      throw new Error('no collector');
    });
    const listener = policySpans({ tracer: { startSpan: fail }, activeSpan: fail });
    for (const event of policyEvents) expect(() => listener(event)).not.toThrow();
    expect(fail).toHaveBeenCalledTimes(policyEvents.length);
  });

  it.each([
    [{ tracer: 1 }, /`tracer` to be an object/],
    [{ activeSpan: {} }, /`activeSpan` to be a function/],
    [{ api: {} }, /unknown option `api`/],
  ])('refuses bad options: %j', (options, reason) => {
    expect(() => policySpans(options as PolicySpansOptions)).toThrow(reason);
  });
});

describe('policySpans without a tracer', () => {
  it("uses OpenTelemetry's API where it is installed", async () => {
    const { spans, events, tracer, activeSpan } = recorder();
    const getTracer = vi.fn(() => tracer);
    vi.doMock('@opentelemetry/api', () => ({ trace: { getTracer, getActiveSpan: activeSpan } }));

    const onEvent = policySpans();
    await vi.waitFor(() => expect(getTracer).toHaveBeenCalledWith('fibrin'));
    await new Promise(setImmediate);
    for (const event of policyEvents) onEvent(event);

    expect([spans.length, events.length]).toEqual([9, 20]);
  });

  it("ignores events where OpenTelemetry's API is not installed", async () => {
    const unhandled = vi.fn<(error: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    const now = vi.fn(() => NOW);

    const onEvent = policySpans({ clock: { ...fakeClock(), now } });
    await import('@opentelemetry/api').catch(() => undefined);
    await new Promise(setImmediate);
    for (const event of policyEvents) onEvent(event);

    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(now).not.toHaveBeenCalled();
  });
});
