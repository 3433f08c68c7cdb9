import type { Ambient } from '../core/ambient.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import type { DeadlineOptions } from './options.ts';
import { timeLeftOf } from './time-left.ts';

/** What is around in an invocation, and how long its work may take, in milliseconds. */
export interface Begun extends Ambient {
  readonly limitMs: number;
}

/**
 * The beginning of an invocation.
 * @throws {DeadlineExceededError} where there is no time to do anything in: then nothing is called.
 */
export function beginInvocation(event: unknown, context: unknown, options: Required<DeadlineOptions>): Begun {
  const { totalTimeoutMs, reserveMs, header, clock } = options;
  const leftMs = Math.min(totalTimeoutMs, timeLeftOf(event, context, header, clock.now()));
  const limitMs = leftMs - reserveMs;
  if (limitMs <= 0) throw new DeadlineExceededError('The invocation', Math.max(0, leftMs), false);
  return { clock, endsAt: clock.monotonic() + limitMs, limitMs, invocation: { isOver: false } };
}
