import type { Context } from 'aws-lambda';

let requests = 0;

/** A Lambda context with so much time left, which then runs down. */
export function lambdaContext(remainingMs = 10_000, now: () => number = () => performance.now()): Context {
  const endsAt = now() + remainingMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'bench',
    functionVersion: '1',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:bench',
    memoryLimitInMB: '128',
    awsRequestId: `request-${++requests}`,
    logGroupName: 'group',
    logStreamName: 'stream',
    getRemainingTimeInMillis: () => Math.max(0, Math.round(endsAt - now())),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

/**
 * The context of a durable function, as `@aws/durable-execution-sdk-js` 2.4 makes it: not a Lambda context, but one that
 * holds it. An execution spans many invocations; each but the first one starts in replay mode.
 */
export function durableContext(executionArn: string, mode: 'ExecutionMode' | 'ReplayMode'): Context {
  const context = {
    [Symbol.for('@aws/durable-execution-sdk-js/durable-context')]: true,
    lambdaContext: lambdaContext(),
    executionContext: { durableExecutionArn: executionArn },
    durableExecutionMode: mode,
    step: async (work: () => Promise<unknown>) => work(),
    wait: () => new Promise<never>(() => {}),
  };
  // Handlers are typed for the context that they mostly get.
  return context as unknown as Context;
}
