import type { EmfOptions } from '../telemetry/emf.ts';
import { invocationMetrics } from '../telemetry/invocation-metrics.ts';
import { type Ended, outcomeOf } from './adapter/ended.ts';
import { hooks } from './adapter/hooks.ts';
import type { Middleware } from './types.ts';

/**
 * One line of metrics for each invocation, the same as that of `withTelemetry`: `Invocations`, `Errors`, `ColdStarts`,
 * `Duration` and `RemainingTime`. An error is one that no middleware inside has answered, and an answer of 500 or more. An
 * invocation that another middleware answers early has its line too.
 *
 * Use it before `problemDetails`, so that it sees the answer that an error becomes. A line that cannot be written is lost,
 * and changes no answer.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(telemetry({ namespace: 'Shop', dimensions: { stage: 'prod' } }))
 *   .use(problemDetails())
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function telemetry<E, R>(options: EmfOptions): Required<Middleware<E, unknown, R>> {
  const metrics = invocationMetrics(options);
  const begin = (event: E, context: unknown) => {
    const invocation = metrics.begin(event, context);
    return {
      end(ended: Ended<R>) {
        invocation.end(outcomeOf(ended));
        return undefined;
      },
    };
  };
  return hooks('telemetry', begin, options.onWarning);
}
