import type { Context } from 'aws-lambda';

/** The context of an invocation with so much time left. */
export const lambdaContext = (remainingMs = 3_000): Context => ({
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'posts',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:posts',
  memoryLimitInMB: '128',
  awsRequestId: 'request-1',
  logGroupName: 'group',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => remainingMs,
  done: () => {},
  fail: () => {},
  succeed: () => {},
});
