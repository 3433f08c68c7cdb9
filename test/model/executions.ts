import type { FakeClock } from '../../lib/testing/index.ts';
import type { Request } from './history.ts';

/** How long a durable execution may be at work, all its invocations together. */
export const DURABLE_WORK_MS = 9_000;

/** A durable execution: it goes on in another invocation when one has ended, and tries again what has failed. */
export interface Execution {
  readonly arn: string;
  readonly request: Request;
  /** When it must have come to its end. No caller waits for what it does after that. */
  readonly untilMs: number;
}

/** The durable executions that wait for their next invocation. */
export function executions(clock: FakeClock) {
  const suspended: Execution[] = [];
  let started = 0;
  return {
    /** The one that has waited longest, or a new one. */
    next: (request: Request): Execution =>
      suspended.shift() ?? { arn: `execution-${++started}`, request, untilMs: clock.now() + DURABLE_WORK_MS },
    suspend: (one: Execution) => void suspended.push(one),
  };
}

export type Executions = ReturnType<typeof executions>;

/** Of a token: the tries of an execution are one run. */
const runOf = (owner: string) => owner.split('#')[0];
export const isSameRun = (one: string, other: string): boolean => runOf(one) === runOf(other);

const DURABLE = Symbol.for('@aws/durable-execution-sdk-js/durable-context');

/** The context that the handler of an invocation gets. */
export function contextOf(getRemainingTimeInMillis: () => number, execution: Execution | undefined): unknown {
  const lambdaContext = { getRemainingTimeInMillis };
  if (execution === undefined) return lambdaContext;
  return { [DURABLE]: true, lambdaContext, executionContext: { durableExecutionArn: execution.arn } };
}
