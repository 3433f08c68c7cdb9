import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { type Attributes, isTimed, noteOf, spanOf } from './span-attributes.ts';

/** The part of an OpenTelemetry span that is used. */
export interface SpanLike {
  addEvent(name: string, attributes?: Attributes): unknown;
  setStatus(status: { code: number }): unknown;
  end(endTime?: number): void;
}

/** The part of an OpenTelemetry tracer that is used. Times are milliseconds since the Unix epoch. */
export interface TracerLike {
  startSpan(name: string, options?: { startTime?: number; attributes?: Attributes }): SpanLike;
}

export interface PolicySpansOptions {
  /** Default: that of `@opentelemetry/api` where it is installed, else none. */
  readonly tracer?: TracerLike;
  /** Gives the span in which a call is made. Default: that of `@opentelemetry/api` where it is installed, else none. */
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

// An import at run time: a bundler leaves it alone, and it may fail where the package is not installed.
const load = (): Promise<Tracing> =>
  import('@opentelemetry/api').then(
    ({ trace }) => ({ tracer: trace.getTracer('fibrin'), activeSpan: () => trace.getActiveSpan?.() }),
    () => ({}),
  );

/**
 * OpenTelemetry spans of protected calls, for `onEvent`: one for each call and one for each attempt. A span is made when the
 * call has ended, with its start time in the past, so calls and attempts are siblings within the active span. Retries,
 * rejections, fallbacks and the events of breakers are events of the active span. Attributes hold names, numbers, states and
 * the error's code, never a message or a value.
 *
 * `@opentelemetry/api` is imported once, when this is called. Until it is there, and where it is not installed, events are
 * ignored at no cost. It never throws: a span that fails is lost.
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

  const listen = safeListener((event: PolicyEvent) => {
    if (!isTimed(event)) return tracing.activeSpan?.()?.addEvent(event.kind, noteOf(event));
    const { name, failed, attributes } = spanOf(event);
    const endTime = clock.now();
    const span = tracing.tracer?.startSpan(name, { startTime: endTime - event.durationMs, attributes });
    if (failed) span?.setStatus(ERROR_STATUS);
    return span?.end(endTime);
  }, 'policySpans');
  return (event) => {
    if (tracing.tracer !== undefined || tracing.activeSpan !== undefined) listen(event);
  };
}
