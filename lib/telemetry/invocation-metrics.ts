import { systemClock } from '../core/clock.ts';
import { INVOCATION } from '../core/metric-names.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import { safeListener } from '../core/safe-listener.ts';
import { isServerError } from '../core/server-error.ts';
import { boundedMetrics } from './bounded-metrics.ts';
import type { EmfOptions } from './emf.ts';
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

function functionNameOf(context: unknown): string | undefined {
  const { functionName } = (context ?? {}) as { readonly functionName?: unknown };
  return typeof functionName === 'string' ? functionName : undefined;
}

/**
 * Metrics of invocations, apart from what calls the handler: a wrapper begins and ends one, and so do the hooks of a
 * middleware.
 */
export function invocationMetrics(options: EmfOptions): InvocationMetrics {
  const writeLine = boundedMetrics(options);
  const { clock = systemClock, dimensions = {} } = options;
  let isCold = true;

  return {
    begin(_event, context) {
      const startedAt = clock.monotonic();
      const coldStarts = isCold ? 1 : 0;
      isCold = false;
      let hasEnded = false;

      const write = safeListener((outcome: InvocationOutcome) => {
        const failed = 'error' in outcome || isServerError(outcome.response);
        const values = {
          Invocations: 1,
          Errors: failed ? 1 : 0,
          ColdStarts: coldStarts,
          Duration: clock.monotonic() - startedAt,
          RemainingTime: remainingMsOf(context),
        };
        writeLine(INVOCATION, { function: functionNameOf(context), ...dimensions }, values);
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
