import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { errorCode } from './error-code.ts';

type Attributes = Record<string, string | number | boolean>;

/** The part of an OpenTelemetry span that is needed. */
export interface SpanLike {
  addEvent(name: string, attributes?: Attributes): unknown;
  setStatus(status: { code: number }): unknown;
  end(endTime?: number): void;
}

/** The part of an OpenTelemetry tracer that is needed. Times are milliseconds since the Unix epoch. */
export interface TracerLike {
  startSpan(name: string, options?: { startTime?: number; attributes?: Attributes }): SpanLike;
}

export interface PolicySpansOptions {
  /** Default: that of `@opentelemetry/api` where it is installed, else none. */
  readonly tracer?: TracerLike;
  /** The span in which a call is made. Default: that of `@opentelemetry/api` where it is installed, else none. */
  readonly activeSpan?: () => SpanLike | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

interface Tracing {
  readonly tracer?: TracerLike | undefined;
  readonly activeSpan?: (() => SpanLike | undefined) | undefined;
}

/** OpenTelemetry's SpanStatusCode.ERROR. */
const ERROR_STATUS = { code: 2 };

// Without a bundler's complaint, and without an error where it is not installed.
const load = (): Promise<Tracing> =>
  import('@opentelemetry/api').then(
    ({ trace }) => ({ tracer: trace.getTracer('fibrin'), activeSpan: () => trace.getActiveSpan?.() }),
    () => ({}),
  );

const errorAttributes = (error: unknown): Attributes =>
  error === undefined ? {} : { 'error.type': errorCode(error) };

/**
 * OpenTelemetry spans of protected calls, for `onEvent`: one for each call and one for each attempt, begun in hindsight, so
 * they are beside each other in the span that was active. Retries, rejections and what happens to breakers are events of
 * that span. They carry the policy's or breaker's name, numbers, states and the error's code, never a message or a value.
 *
 * `@opentelemetry/api` is looked for once, here; what happens before it is found, or where it is not installed, leaves no
 * trace and costs nothing. It never throws: a span that fails is lost.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const onEvent = policySpans();
 * onEvent({ kind: 'rejected', name: 'rates', by: 'breaker' });
 * ```
 */
export function policySpans(options: PolicySpansOptions = {}): (event: PolicyEvent) => void {
  checkOptions('policySpans', options, {
    optional: { tracer: rule.object(), activeSpan: rule.fn(), clock: rule.object() },
  });
  const { clock = systemClock } = options;
  let tracing: Tracing = options;
  if (options.tracer === undefined) void load().then((found) => (tracing = { ...found, ...options }));

  const span = (name: string, durationMs: number, attributes: Attributes, failed: boolean) => {
    const endTime = clock.now();
    const started = tracing.tracer?.startSpan(name, { startTime: endTime - durationMs, attributes });
    if (failed) started?.setStatus(ERROR_STATUS);
    started?.end(endTime);
  };
  const tell = safeListener((event: PolicyEvent) => {
    const policy = { 'fibrin.policy': event.name };
    const note = (what: string, attributes: Attributes) => tracing.activeSpan?.()?.addEvent(what, attributes);
    const noteBreaker = (attributes: Attributes) =>
      note(event.kind, { 'fibrin.breaker': event.name, ...attributes });
    switch (event.kind) {
      case 'attempt': {
        const { name, attempt, durationMs, error } = event;
        const attributes = { ...policy, 'fibrin.attempt': attempt, ...errorAttributes(error) };
        return span(`${name} attempt`, durationMs, attributes, error !== undefined);
      }
      case 'outcome': {
        const { name, source, degraded, attempts, durationMs, error } = event;
        const outcome = { 'fibrin.source': source, 'fibrin.degraded': degraded, 'fibrin.attempts': attempts };
        return span(
          name,
          durationMs,
          { ...policy, ...outcome, ...errorAttributes(error) },
          source === 'none',
        );
      }
      case 'retry': {
        const { attempt, delayMs, error } = event;
        const retry = { 'fibrin.attempt': attempt, 'fibrin.delay_ms': delayMs };
        return note('retry', { ...policy, ...retry, ...errorAttributes(error) });
      }
      case 'rejected':
        return note('rejected', { ...policy, 'fibrin.rejected_by': event.by });
      case 'breaker-state': {
        const { from, to, how, admittedShare: share } = event;
        const change = { 'fibrin.from': from, 'fibrin.to': to, 'fibrin.how': how };
        return noteBreaker({ ...change, 'fibrin.admitted_share': share });
      }
      case 'breaker-evidence': {
        const { calls, failures, isSlow } = event;
        return noteBreaker({ 'fibrin.calls': calls, 'fibrin.failures': failures, 'fibrin.slow': isSlow });
      }
      case 'breaker-store':
        return noteBreaker({ 'fibrin.store_answers': event.isAnswering });
    }
  });
  return (event) => {
    if (tracing.tracer !== undefined || tracing.activeSpan !== undefined) tell(event);
  };
}
