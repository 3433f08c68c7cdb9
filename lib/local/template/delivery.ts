import type { Properties } from './properties.ts';

/** How long a rule's target or a schedule is tried, and where what is given up goes. */
export interface DeliveryPolicy {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
  readonly deadLetterQueue?: string;
}

/** `RetryPolicy` and `DeadLetterConfig` of a target; rules and schedules share them, and the defaults: 185 in a day. */
export function readDeliveryPolicy(target: Properties): DeliveryPolicy {
  const retry = (target['RetryPolicy'] ?? {}) as Properties;
  const deadLetter = (target['DeadLetterConfig'] as Properties | undefined)?.['Arn'];
  return {
    maximumRetryAttempts: Number(retry['MaximumRetryAttempts'] ?? 185),
    maximumEventAgeSeconds: Number(retry['MaximumEventAgeInSeconds'] ?? 86_400),
    ...(deadLetter !== undefined && { deadLetterQueue: String(deadLetter) }),
  };
}
