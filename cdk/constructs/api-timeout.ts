import { Duration } from 'aws-cdk-lib';
import { type IFunction, Function as LambdaFunction, QualifiedFunctionBase } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

/** The longest that the CDK lets an integration of an HTTP API take. API Gateway's own limit is 30 s. */
const API_LIMIT_MS = 29_000;
/** What the API waits longer than the function may take: a start, which Lambda gives 10 s, does not count as the function's. */
const MARGIN_MS = 10_000;
/** Lambda's own default. */
const LAMBDA_DEFAULT_MS = 3_000;

const seconds = (ms: number): string => `${ms / 1_000} s`;

/** How long a function may take, behind its alias or version too. Undefined for one that another stack has made. */
function timeoutMsOf(fn: IFunction): number | undefined {
  if (fn instanceof QualifiedFunctionBase) return timeoutMsOf(fn.lambda);
  if (!(fn instanceof LambdaFunction) || fn.timeout?.isUnresolved()) return undefined;
  return fn.timeout?.toMilliseconds() ?? LAMBDA_DEFAULT_MS;
}

/**
 * How long the API waits for a function.
 * @param route The route, for the error.
 * @param asked What was asked for. Ten seconds more than the function may take where nothing was.
 */
export function integrationTimeout(
  construct: Construct,
  route: string,
  handler: IFunction,
  asked: Duration | undefined,
): Duration {
  const functionMs = timeoutMsOf(handler);
  if (functionMs !== undefined && functionMs > API_LIMIT_MS)
    refuse(
      construct,
      `expected the function of ${route} to have a timeout of at most ${seconds(API_LIMIT_MS)}, since API Gateway waits no longer, ` +
        `got ${seconds(functionMs)}; shorten it, or answer 202 and do the work behind a queue`,
    );
  const waitMs = asked?.toMilliseconds() ?? Math.min((functionMs ?? API_LIMIT_MS) + MARGIN_MS, API_LIMIT_MS);
  if (waitMs < 50 || waitMs > API_LIMIT_MS)
    refuse(
      construct,
      `expected \`timeout\` of ${route} to be from 50 ms to ${seconds(API_LIMIT_MS)}, got ${seconds(waitMs)}`,
    );
  if (functionMs !== undefined && waitMs < functionMs)
    refuse(
      construct,
      `expected \`timeout\` of ${route} to be at least its function's, ${seconds(functionMs)}, got ${seconds(waitMs)}: ` +
        'the client would get 503 while the function still works; shorten the timeout of the function',
    );
  return Duration.millis(waitMs);
}
