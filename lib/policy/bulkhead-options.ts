import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import * as rule from '../core/rules.ts';

export const DEFAULT_MAX_HOLD_MS = 60_000;

export interface BulkheadOptions {
  /** Name in errors and events. 1 to 100 letters, digits, ".", "_", "-". Default `call`. */
  readonly name?: string;
  /** The most calls of this execution environment that run at once. Integer, 1 to 10,000. */
  readonly limit: number;
  /** The most calls that wait for a slot, in the order in which they came. Integer, 0 to 1,000. Default 0: none waits. */
  readonly queueLimit?: number;
  /** The most that a call waits for a slot, and no more than its time. Milliseconds, 1 to 60,000. Default 1,000. */
  readonly queueTimeoutMs?: number;
  /**
   * The most that a call holds its slot when its function neither ends nor heeds its signal. Milliseconds, 1,000 to 3,600,000,
   * and no less than an attempt may take. Default 60,000: twice what API Gateway waits for an answer, so what is older serves
   * no caller, and soon enough that functions which never end do not block a dependency for long.
   */
  readonly maxHoldMs?: number;
  /** Receives what happens to the bulkhead. What it throws changes nothing. Default: nothing is reported. */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkBulkheadOptions(options: BulkheadOptions): void {
  checkOptions('bulkhead', options, {
    required: { limit: rule.integer(1, 10_000) },
    optional: {
      name: rule.name(),
      queueLimit: rule.integer(0, 1_000),
      queueTimeoutMs: rule.durationMs(1, 60_000),
      maxHoldMs: rule.durationMs(1_000, 3_600_000),
      onEvent: rule.fn(),
      clock: rule.object(),
    },
  });
}

/**
 * Checks that no attempt in time may outlast its slot.
 * @param limitsMs What limits an attempt. Milliseconds, Infinity where there is no limit.
 * @throws {InvalidOptionError}
 */
export function checkHold(owner: string, maxHoldMs: number, ...limitsMs: readonly number[]): void {
  const attemptMs = Math.min(...limitsMs);
  if (attemptMs < Infinity && attemptMs > maxHoldMs)
    throw new InvalidOptionError(
      `${owner}: expected \`maxHoldMs\` of the bulkhead to be ${attemptMs} or more, as long as an attempt may take, got ${maxHoldMs}`,
    );
}
