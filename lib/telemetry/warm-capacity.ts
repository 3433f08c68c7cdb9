import { checkOptions } from '../core/options.ts';
import { textOf } from '../core/property.ts';
import * as rule from '../core/rules.ts';

/** What Lambda says of the provisioned concurrency of an alias or a version. */
interface ProvisionedConcurrency {
  readonly RequestedProvisionedConcurrentExecutions?: number | undefined;
  readonly AllocatedProvisionedConcurrentExecutions?: number | undefined;
  readonly AvailableProvisionedConcurrentExecutions?: number | undefined;
  readonly Status?: string | undefined;
}

/** The one request of Lambda that is made: `Lambda` of `@aws-sdk/client-lambda`, or what makes this request another way. */
export interface WarmCapacityClient {
  /** Rejects with an error whose `name` is Lambda's code. */
  getProvisionedConcurrencyConfig(
    input: { FunctionName: string; Qualifier: string },
    options: { abortSignal: AbortSignal },
  ): Promise<ProvisionedConcurrency>;
}

export interface WarmCapacityCheckOptions {
  /**
   * Asks Lambda. Needs `lambda:GetProvisionedConcurrencyConfig` on the alias. Give an SDK's client `maxAttempts: 1`: the check has
   * little time.
   */
  readonly client: WarmCapacityClient;
  /** Name or ARN of the function, without the alias. */
  readonly functionName: string;
  /** Name of the alias, or number of the version. */
  readonly qualifier: string;
}

/** Execution environments that are kept ready by provisioned concurrency. */
export type WarmCapacityDetails = {
  readonly requested: number;
  readonly allocated: number;
  readonly available: number;
  /** As Lambda says it. Null where none is configured, and all numbers are 0. */
  readonly status: 'READY' | 'IN_PROGRESS' | 'FAILED' | null;
};

/** A check for `healthChecks` and for the `health` middleware. */
export interface WarmCapacityCheck {
  /** Never: without warm environments calls are answered after a cold start. */
  readonly critical: false;
  /** @throws when the allocation has failed, and when Lambda gives no answer or none that can be read. */
  run(signal: AbortSignal): Promise<void>;
  /** As of the last run; undefined where that learned nothing. */
  details(): WarmCapacityDetails | undefined;
}

const NONE: WarmCapacityDetails = { requested: 0, allocated: 0, available: 0, status: null };
const STATUSES = ['READY', 'IN_PROGRESS', 'FAILED'] as const;

/** Lambda's answer that there is none. A function or an alias that it does not know has another code, and is a mistake. */
const isNone = (error: unknown): boolean =>
  textOf(error, 'name') === 'ProvisionedConcurrencyConfigNotFoundException';

/** @throws for what is no answer of Lambda. */
function capacityOf(config: ProvisionedConcurrency): WarmCapacityDetails {
  const status = STATUSES.find((known) => known === config.Status);
  const numbers = {
    requested: config.RequestedProvisionedConcurrentExecutions,
    // Left out while there are none yet.
    allocated: config.AllocatedProvisionedConcurrentExecutions ?? 0,
    available: config.AvailableProvisionedConcurrentExecutions ?? 0,
  };
  const { requested } = numbers;
  if (status === undefined || requested === undefined || Object.values(numbers).some(rule.integer()))
    throw new Error('Lambda gave no status and no numbers of its provisioned concurrency');
  return { ...numbers, requested, status };
}

/**
 * A health check of an alias's provisioned concurrency: it passes unless the allocation has failed. It passes while environments
 * are allocated, as with each deployment and each scheduled rise, and where none is configured.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html
 * @example
 * ```ts
 * const checkWith = (client: WarmCapacityClient) =>
 *   healthChecks({ checks: { charge: warmCapacityCheck({ client, functionName: 'charge', qualifier: 'live' }) } });
 * ```
 */
export function warmCapacityCheck(options: WarmCapacityCheckOptions): WarmCapacityCheck {
  checkOptions('warmCapacityCheck', options, {
    required: { client: rule.object(), functionName: rule.text(), qualifier: rule.text() },
  });
  const { client, functionName: FunctionName, qualifier: Qualifier } = options;
  let latest: WarmCapacityDetails | undefined;
  return {
    critical: false,
    async run(signal) {
      latest = undefined;
      const capacity = await client
        .getProvisionedConcurrencyConfig({ FunctionName, Qualifier }, { abortSignal: signal })
        .then(capacityOf, (error: unknown) => {
          if (isNone(error)) return NONE;
          throw error;
        });
      // An answer that came too late is not one of the next run.
      signal.throwIfAborted();
      latest = capacity;
      if (capacity.status === 'FAILED') throw new Error('the provisioned concurrency could not be allocated');
    },
    details: () => latest,
  };
}
