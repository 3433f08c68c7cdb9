import { DeadlineExceededError } from '../core/errors.ts';
import { type Invocation, type InvocationContext, invocationContext } from '../core/invocation-context.ts';
import type { DeadlineSettings } from './options.ts';
import { timeLeftOf } from './time-left.ts';

/** One invocation that has begun: the context of its calls, and how long its work may take. */
export interface BegunInvocation {
  readonly context: InvocationContext;
  readonly invocation: Invocation;
  /** Milliseconds. */
  readonly limitMs: number;
}

/**
 * The beginning of an invocation.
 * @throws {DeadlineExceededError} where no time is left to do anything in: then nothing is called.
 */
export function beginInvocation(
  event: unknown,
  context: unknown,
  settings: DeadlineSettings,
): BegunInvocation {
  const { totalTimeoutMs, reserveMs, header, clock } = settings;
  const parent = invocationContext();
  const parentMs = parent ? parent.endsAt - parent.clock.monotonic() : Infinity;
  const leftMs = Math.min(totalTimeoutMs, timeLeftOf(event, context, header, clock.now()));
  const limitMs = Math.min(leftMs - reserveMs, parentMs);
  if (limitMs <= 0) {
    throw new DeadlineExceededError('The invocation', "invocation's deadline", leftMs, { called: false });
  }
  const invocation: Invocation = { isOver: false };
  const endsAt = clock.monotonic() + limitMs;
  return {
    context: { scope: invocation, parent, clock, endsAt, invocation },
    invocation,
    limitMs,
  };
}
