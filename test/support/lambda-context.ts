import { fakeClock, type LambdaContext, lambdaContext } from '../../lib/testing/index.ts';

/** The context of an invocation that always has so much time left. */
export const contextWith = (remainingMs = 3_000): LambdaContext =>
  lambdaContext({ remainingMs, clock: fakeClock(), functionName: 'posts' });
