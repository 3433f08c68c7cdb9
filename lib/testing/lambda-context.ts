import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import { systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';

export interface LambdaContextOptions {
  /** What is left when the context is made. Milliseconds, 0 to 900,000. Default 3,000, Lambda's own. */
  readonly remainingMs?: number;
  /** What the remaining time follows: its wall clock, as in Lambda. Default: the system's clock. */
  readonly clock?: Clock;
  /** 1 to 100 letters, digits, ".", "_", "-". Default `function`. */
  readonly functionName?: string;
  /** Default: one that no other context has. */
  readonly requestId?: string;
}

/** What Lambda hands to a handler as its second argument. Fits `Context` of `@types/aws-lambda`. */
export interface LambdaContext {
  callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** What is left of the invocation. Below 0 when it is over, as in Lambda. */
  getRemainingTimeInMillis(): number;
  /** Throws. The types still have it, and Lambda's Node 24 has not: return the answer instead. */
  done(): never;
  /** Throws, as `done` does. */
  fail(): never;
  /** Throws, as `done` does. */
  succeed(): never;
}

const gone = (): never => {
  throw new Error('Lambda has no callbacks any more: return the answer, or throw the error');
};

/**
 * The context of one invocation, for calling a handler in a test.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @example
 * ```ts
 * const clock = fakeClock();
 * const context = lambdaContext({ remainingMs: 1_000, clock });
 * await clock.advance(400);
 * console.log(context.getRemainingTimeInMillis()); // 600
 * ```
 */
export function lambdaContext(options: LambdaContextOptions = {}): LambdaContext {
  checkOptions('lambdaContext', options, {
    optional: {
      remainingMs: rule.durationMs(0, 900_000),
      clock: rule.object(),
      functionName: rule.name(),
      requestId: rule.text(),
    },
  });
  const { remainingMs = 3_000, clock = systemClock, functionName = 'function' } = options;
  const { requestId = systemRandom.token() } = options;
  const endsAt = clock.now() + remainingMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
    memoryLimitInMB: '128',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: '2025/06/15/[$LATEST]0123456789abcdef0123456789abcdef',
    getRemainingTimeInMillis: () => endsAt - clock.now(),
    done: gone,
    fail: gone,
    succeed: gone,
  };
}
