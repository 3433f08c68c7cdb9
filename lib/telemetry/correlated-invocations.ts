import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import { CORRELATION_HEADER, enterCorrelation, runCorrelated, toCorrelation } from './correlation.ts';
import { correlationOf } from './correlation-sources.ts';
import { withHeader } from './http-answer.ts';

export interface CorrelationOptions {
  /** The header that brings the id, and in which it is sent on and back. Default `x-correlation-id`. */
  readonly header?: string;
  /** Where new ids come from. Default: random UUIDs of the system. */
  readonly random?: Random;
}

/** One invocation with its correlation. */
export interface CorrelatedInvocation {
  /** Runs `work` under the correlation, which does not leak out of it. */
  run<T>(work: () => T): T;
  /** For hooks around a handler: see `enterCorrelation`. Holds until `end`. */
  activate(): void;
  /** Ends what `activate` began. Returns an HTTP answer with the id in its header, and any other response as it is. */
  end<R>(outcome: { readonly response: R }): R;
  end(outcome: { readonly error: unknown }): undefined;
}

export interface CorrelatedInvocations {
  begin(event: unknown, context: unknown): CorrelatedInvocation;
}

/**
 * Correlations of invocations, apart from what calls the handler: a wrapper begins and ends one, and so do the hooks of a
 * middleware. `owner` is the function that the errors of its options name.
 */
export function correlatedInvocations(owner: string, options: CorrelationOptions): CorrelatedInvocations {
  checkOptions(owner, options, { optional: { header: rule.name(), random: rule.object() } });
  const { header = CORRELATION_HEADER, random = systemRandom } = options;

  return {
    begin(event) {
      const correlation = toCorrelation(correlationOf(event, header), header, random);
      let deactivate = (): void => undefined;
      return {
        run: (work) => runCorrelated(correlation, work),
        activate() {
          deactivate = enterCorrelation(correlation);
        },
        end<R>(outcome: { readonly response: R } | { readonly error: unknown }): R | undefined {
          deactivate();
          return 'error' in outcome ? undefined : withHeader(event, outcome.response, header, correlation.id);
        },
      };
    },
  };
}
