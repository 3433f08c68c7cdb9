import { InvalidOptionError } from '../core/errors.ts';
import { MAX_INVOCATION_MS } from './lease-watch.ts';
import { isWritable } from './streams.ts';

/** The part of a Lambda context that is needed: how long the invocation can still run. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** Of what a run is part and how long that may go on. */
export interface Execution {
  /** The durable execution that it is of, whose invocations have one run together. Undefined for any other invocation. */
  readonly arn: string | undefined;
  /** What is left of this invocation, in milliseconds. */
  remainingMs(): number;
  /** How long the run may be at work, in milliseconds. */
  readonly workMs: number;
  /** How much of that this invocation may take, in milliseconds. */
  readonly invocationMs: number;
}

/** The brand that the durable execution SDK puts on its contexts. */
const DURABLE = Symbol.for('@aws/durable-execution-sdk-js/durable-context');

interface DurableContext {
  readonly [DURABLE]?: unknown;
  readonly lambdaContext?: Partial<RemainingTime>;
  readonly executionContext?: { readonly durableExecutionArn?: unknown };
}

/** An invocation with no time left still needs its claim to be seen. */
const MIN_WORK_MS = 1_000;

/**
 * What the context of an invocation, or of a durable execution, says.
 * @throws {InvalidOptionError} for what is no context: a response stream, whose answer could not be recorded, or nothing.
 */
export function executionOf(context: unknown, durableWorkMs: number): Execution {
  if (isWritable(context)) {
    throw new InvalidOptionError(
      'idempotency: a streamed response cannot be recorded; wrap the step that has the effect, not the streaming handler',
    );
  }
  const { lambdaContext, executionContext, ...rest } = (context ?? {}) as DurableContext &
    Partial<RemainingTime>;
  const isDurable = (context as DurableContext | undefined)?.[DURABLE] === true;
  const timed = isDurable ? lambdaContext : (context as Partial<RemainingTime> | undefined);
  if (typeof timed?.getRemainingTimeInMillis !== 'function') {
    throw new InvalidOptionError(
      `idempotency: expected the Lambda context as second argument, got ${context === undefined ? 'nothing' : `an object with ${Object.keys(rest).slice(0, 5).join(', ') || 'no members'}`}`,
    );
  }
  // What is no number, as a stub's, must not become a lease that is over before it begins, nor Infinity one that never ends.
  const remainingMs = () =>
    Math.min(MAX_INVOCATION_MS, Math.max(0, Number(timed.getRemainingTimeInMillis?.()) || 0));
  const invocationMs = Math.max(MIN_WORK_MS, remainingMs());
  const arn = executionContext?.durableExecutionArn;
  if (isDurable && typeof arn === 'string')
    return { arn, remainingMs, workMs: Math.max(durableWorkMs, invocationMs), invocationMs };
  return { arn: undefined, remainingMs, workMs: invocationMs, invocationMs };
}
