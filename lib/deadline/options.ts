import { type Clock, systemClock } from '../core/clock.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** In which a caller says how many milliseconds it waits for the answer. */
export const DEADLINE_HEADER = 'x-request-timeout-ms';

export interface DeadlineOptions {
  /** The most that an invocation may take, whatever Lambda allows. Milliseconds. Default: no limit. */
  readonly totalTimeoutMs?: number;
  /** Kept of the time for making the answer and bringing it to the caller. Milliseconds, 0 to 900,000. Default 300. */
  readonly reserveMs?: number;
  /**
   * Whether a caller may shorten the time by a header: true for `x-request-timeout-ms`, or the header's name. Turn it on where
   * the callers are yours: any client's header shortens the calls made for it. Default false.
   */
  readonly fromHeader?: boolean | string;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

export interface DeadlineSettings {
  readonly totalTimeoutMs: number;
  readonly reserveMs: number;
  /** Undefined: no header is read. */
  readonly header: string | undefined;
  readonly clock: Clock;
}

const headerRule: rule.OptionRule = (value) =>
  typeof value === 'boolean' || rule.name()(value) === undefined
    ? undefined
    : `true, false or the name of a header, got ${rule.show(value)}`;

function headerOf(fromHeader: boolean | string): string | undefined {
  if (fromHeader === false) return undefined;
  return fromHeader === true ? DEADLINE_HEADER : fromHeader;
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkDeadlineOptions(owner: string, options: DeadlineOptions): DeadlineSettings {
  checkOptions(owner, options, {
    optional: {
      totalTimeoutMs: rule.durationMs(),
      reserveMs: rule.durationMs(0, 900_000),
      fromHeader: headerRule,
      clock: rule.object(),
    },
  });
  const { totalTimeoutMs = Number.POSITIVE_INFINITY, reserveMs = 300, fromHeader = false } = options;
  return { totalTimeoutMs, reserveMs, header: headerOf(fromHeader), clock: options.clock ?? systemClock };
}
