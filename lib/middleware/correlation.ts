import { type CorrelationOptions, correlatedInvocations } from '../telemetry/correlated-invocations.ts';
import { outcomeOf } from './adapter/ended.ts';
import { hooks } from './adapter/hooks.ts';
import type { Middleware } from './types.ts';

/**
 * Gives each invocation a correlation id, which `correlationId()` and `correlationHeaders()` of `fibrin/telemetry` give to all
 * code that the handler calls, also where other invocations run in the same process. It is found, and sent back in the header
 * of an HTTP answer, as `withCorrelation` does it. Answers to errors and early answers of other middlewares bring it back too.
 *
 * Use it before everything that logs, calls or answers. Records of a queue have ids of their own: see `correlated`.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(correlation())
 *   .handler(async () => ({ statusCode: 200, body: JSON.stringify({ id: correlationId() }) }));
 * ```
 */
export function correlation<E, R>(options: CorrelationOptions = {}): Required<Middleware<E, unknown, R>> {
  const invocations = correlatedInvocations('correlation', options);
  return hooks('correlation', (event, context) => {
    const invocation = invocations.begin(event, context);
    invocation.activate();
    return {
      end(ended) {
        const outcome = outcomeOf(ended);
        if ('response' in outcome) return { response: invocation.end(outcome) };
        invocation.end(outcome);
        return undefined;
      },
    };
  });
}
