import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

/** Both limits of a throttle. API Gateway fills neither in from the other level: what a route leaves out is without a limit. */
export interface Throttle {
  /** Requests a second. */
  readonly rateLimit: number;
  /** Requests at once. */
  readonly burstLimit: number;
}

/**
 * A tenth of what an account has for all of its APIs in a region, which are 10,000 requests a second and 5,000 at once: a
 * flood of one API leaves the others theirs.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export const DEFAULT_THROTTLE: Throttle = { rateLimit: 1_000, burstLimit: 500 };

/**
 * The limits asked for, where one is left out that of the defaults.
 * @param name The prop, for the error.
 */
export function throttleOf(
  construct: Construct,
  name: string,
  asked: ThrottleSettings | undefined,
  defaults: Throttle,
): Throttle {
  const { rateLimit = defaults.rateLimit, burstLimit = defaults.burstLimit } = asked ?? {};
  // A limit of 0 closes the API, and that of a route lets nothing through.
  if (!(rateLimit > 0))
    refuse(construct, `expected \`${name}.rateLimit\` to be over 0 requests a second, got ${rateLimit}`);
  if (!(Number.isInteger(burstLimit) && burstLimit > 0))
    refuse(construct, `expected \`${name}.burstLimit\` to be an integer of at least 1, got ${burstLimit}`);
  return { rateLimit, burstLimit };
}
