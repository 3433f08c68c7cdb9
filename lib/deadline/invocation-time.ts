import { DeadlineExceededError } from '../core/errors.ts';
import type { InvocationContext } from '../core/invocation-context.ts';
import type { DeadlineSettings } from './options.ts';
import { timeLeftOf } from './time-left.ts';

/** How long the work of an invocation may take. */
export interface InvocationTime {
  /** Milliseconds. */
  readonly limitMs: number;
  /** By the monotonic clock. */
  readonly endsAt: number;
}

/**
 * The time of an invocation that begins now.
 * @param outer What it is part of: it has no more time than that.
 * @throws {DeadlineExceededError} where no time is left to do anything in: then nothing is called.
 */
export function timeOfInvocation(
  event: unknown,
  context: unknown,
  settings: DeadlineSettings,
  outer: InvocationContext | undefined,
): InvocationTime {
  const { totalTimeoutMs, reserveMs, header, clock } = settings;
  const outerMs = outer ? outer.endsAt - outer.clock.monotonic() : Infinity;
  const leftMs = Math.min(totalTimeoutMs, timeLeftOf(event, context, header, clock.now()));
  const limitMs = Math.min(leftMs - reserveMs, outerMs);
  if (limitMs <= 0) {
    throw new DeadlineExceededError('The handler', "invocation's deadline", leftMs, { called: false });
  }
  return { limitMs, endsAt: clock.monotonic() + limitMs };
}
