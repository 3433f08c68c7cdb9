import type { Clock } from '../core/clock.ts';
import { limitClock } from '../core/limit-clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** In which a call tells the next hop how many milliseconds it will wait for the answer. */
export const DEADLINE_HEADER = 'x-request-timeout-ms';

export interface DeadlineOptions {
  /** The most that an invocation may take, whatever Lambda allows. Milliseconds. Default: no limit. */
  readonly totalTimeoutMs?: number;
  /** Kept of the time for making the answer and bringing it to the caller. Milliseconds, 0 to 900,000. Default 300. */
  readonly reserveMs?: number;
  /** The header in which a caller says how many milliseconds it waits. Default `x-request-timeout-ms`. */
  readonly header?: string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkDeadlineOptions(owner: string, options: DeadlineOptions): Required<DeadlineOptions> {
  checkOptions(owner, options, {
    optional: {
      totalTimeoutMs: rule.durationMs(),
      reserveMs: rule.durationMs(0, 900_000),
      header: rule.name(),
      clock: rule.object(),
    },
  });
  const { totalTimeoutMs = Number.POSITIVE_INFINITY, reserveMs = 300 } = options;
  const { header = DEADLINE_HEADER, clock = limitClock } = options;
  return { totalTimeoutMs, reserveMs, header, clock };
}
