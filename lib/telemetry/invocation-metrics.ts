import { systemClock } from '../core/clock.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import { safeListener } from '../core/safe-listener.ts';
import { isServerError } from '../core/server-error.ts';
import { boundedMetrics } from './bounded-metrics.ts';
import type { EmfOptions } from './emf.ts';
import { counted, milliseconds } from './emf-limits.ts';
import type { InvocationOutcome } from './http-answer.ts';

/** One invocation that is measured. */
export interface MeasuredInvocation {
  /** Writes the metrics, once: a second call does nothing. Never throws. */
  end(outcome: InvocationOutcome): void;
}

export interface InvocationMetrics {
  /** Never throws. */
  begin(event: unknown, context: unknown): MeasuredInvocation;
}

function functionName(context: unknown): { readonly function?: string } {
  const { functionName: name } = (context ?? {}) as { readonly functionName?: unknown };
  return typeof name === 'string' ? { function: name } : {};
}

/**
 * Metrics of invocations, apart from what calls the handler: a wrapper begins and ends one, and so do the hooks of a
 * middleware.
 */
export function invocationMetrics(options: EmfOptions): InvocationMetrics {
  const { put } = boundedMetrics(options);
  const { clock = systemClock, dimensions = {} } = options;
  let isCold = true;

  return {
    begin(_event, context) {
      const startedAt = clock.monotonic();
      const coldStarts = isCold ? 1 : 0;
      isCold = false;
      let hasEnded = false;

      const write = safeListener((outcome: InvocationOutcome) => {
        const remainingMs = remainingMsOf(context);
        const failed = 'error' in outcome || isServerError(outcome.response);
        const metrics = {
          Invocations: counted(1),
          Errors: counted(failed ? 1 : 0),
          ColdStarts: counted(coldStarts),
          Duration: milliseconds(clock.monotonic() - startedAt),
          ...(remainingMs !== undefined && { RemainingTime: milliseconds(remainingMs) }),
        };
        put(metrics, { ...functionName(context), ...dimensions });
      }, 'invocation metrics');
      return {
        end(outcome) {
          if (!hasEnded) write(outcome);
          hasEnded = true;
        },
      };
    },
  };
}
