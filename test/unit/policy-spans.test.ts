import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type PolicySpansOptions,
  policySpans,
  type SpanLike,
  type TracerLike,
} from '../../lib/telemetry/otel.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { policyEvents } from '../support/policy-events.ts';

const NOW = 1_000_000;

/** A tracer that keeps what it is told, and the span in which everything happens. */
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

describe('the spans of policies', () => {
  const { spans, events, tracer, activeSpan } = recorder();
  const onEvent = policySpans({ tracer, activeSpan, clock: fakeClock(NOW) });
  for (const event of policyEvents) onEvent(event);

  it('are one for each attempt and each call, over the time that it took', () => {
    const outcome = { ...policy, 'fibrin.degraded': true };
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
        name: 'posts',
        startTime: NOW - 90,
        attributes: { ...policy, 'fibrin.source': 'live', 'fibrin.degraded': false, 'fibrin.attempts': 2 },
        endTime: NOW,
      },
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
        startTime: NOW - 95,
        attributes: { ...outcome, 'fibrin.source': 'none', 'fibrin.attempts': 2, ...code },
        ...failed,
      },
    ]);
  });

  it('have retries, rejections and what happens to breakers as events of the span that is active', () => {
    expect(events).toEqual([
      ['retry', { ...policy, 'fibrin.attempt': 2, 'fibrin.delay_ms': 40, 'error.type': 'ECONNREFUSED' }],
      ['rejected', { ...policy, 'fibrin.rejected_by': 'breaker' }],
      [
        'breaker-state',
        {
          ...{ ...breaker, 'fibrin.from': 'closed', 'fibrin.to': 'open' },
          ...{ 'fibrin.how': 'made', 'fibrin.admitted_share': 0 },
        },
      ],
      [
        'breaker-state',
        {
          ...{ ...breaker, 'fibrin.from': 'half-open', 'fibrin.to': 'closed' },
          ...{ 'fibrin.how': 'seen', 'fibrin.admitted_share': 0.25 },
        },
      ],
      ['breaker-evidence', { ...breaker, 'fibrin.calls': 52, 'fibrin.failures': 40, 'fibrin.slow': false }],
      ['breaker-evidence', { ...breaker, 'fibrin.calls': 53, 'fibrin.failures': 41, 'fibrin.slow': true }],
      ['breaker-store', { ...breaker, 'fibrin.store_answers': false }],
      ['breaker-store', { ...breaker, 'fibrin.store_answers': true }],
    ]);
  });

  it('hold no message of an error', () => {
    expect(JSON.stringify([spans, events])).not.toContain('hunter2');
  });

  it('do without a span that is active', () => {
    const other = recorder();
    for (const options of [{}, { activeSpan: () => undefined }]) {
      const listener = policySpans({ tracer: other.tracer, ...options });
      for (const event of policyEvents) expect(() => listener(event)).not.toThrow();
    }
    expect(other.spans).toHaveLength(10);
  });

  it('cost no call when the tracer fails', () => {
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
  ])('are refused with bad options: %j', (options, reason) => {
    expect(() => policySpans(options as PolicySpansOptions)).toThrow(reason);
  });
});

describe('the spans of policies without a tracer of their own', () => {
  it('are those of the API where it is installed', async () => {
    const { spans, events, tracer, activeSpan } = recorder();
    const getTracer = vi.fn(() => tracer);
    vi.doMock('@opentelemetry/api', () => ({ trace: { getTracer, getActiveSpan: activeSpan } }));

    const onEvent = policySpans();
    await vi.waitFor(() => expect(getTracer).toHaveBeenCalledWith('fibrin'));
    await new Promise(setImmediate);
    for (const event of policyEvents) onEvent(event);

    expect([spans.length, events.length]).toEqual([5, 8]);
  });

  it('are none where the API is not installed, and nothing is rejected', async () => {
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
