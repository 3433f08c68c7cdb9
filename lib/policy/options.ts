import { type BreakerOptions, DEFAULT_FLEET_OPEN_MS, DEFAULT_STORE_TIMEOUT_MS } from '../breaker/options.ts';
import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { Fallback } from './fallback.ts';
import type { FaultInjection } from './faults.ts';
import { checkRetryOptions, type RetryOptions } from './retry.ts';
import { type Validation, validationRule } from './validate.ts';

export interface ResilientOptions<T> {
  /** What the dependency is called in errors and state. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /** Bound on the whole call: attempts, waits and all. Milliseconds. Default 10,000. */
  readonly totalTimeoutMs?: number;
  /** Bound on each attempt, body included. Milliseconds. Default 3,000. */
  readonly attemptTimeoutMs?: number;
  /** Retries of transient failures. Default: none, since only you know whether the call may be made twice. */
  readonly retry?: RetryOptions;
  /** A circuit breaker, with a `store` one whose verdict the whole fleet shares. Default: none. */
  readonly breaker?: Omit<BreakerOptions, 'name' | 'onEvent' | 'clock' | 'random'> & {
    readonly name?: string;
  };
  /**
   * What an answer has to be: any Standard Schema (zod, valibot, arktype, …), a check of the value against the `key` of the
   * call, or an array of both. An answer that is not valid is a failure of the dependency. Default: anything goes.
   */
  readonly validate?: Validation<T>;
  /**
   * The degraded value when everything else failed, or what makes one. An object is the same one each time: use a function
   * where callers change it. Default: none, the error is thrown.
   */
  readonly fallback?: Fallback<T>;
  /**
   * For which errors the fallback stands in. Default: for all but programming errors (`TypeError`, `ReferenceError`,
   * `RangeError` without a cause, an invalid option).
   */
  readonly fallbackWhen?: (error: unknown) => boolean;
  /**
   * Told of each attempt, wait, refusal and outcome, and of what happens to the breaker, for metrics, logs and traces. What
   * it throws changes nothing. Default: nobody is told, which costs nothing.
   */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Failures on purpose, for game days, just around your function: what `injectFaults` gives. Default: none. */
  readonly faults?: FaultInjection | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkResilientOptions<T>(options: ResilientOptions<T>): void {
  checkOptions('resilient', options, {
    required: { name: rule.name() },
    optional: {
      totalTimeoutMs: rule.durationMs(),
      attemptTimeoutMs: rule.durationMs(),
      retry: rule.object(),
      breaker: rule.object(),
      validate: validationRule,
      fallback: rule.defined(),
      fallbackWhen: rule.fn(),
      onEvent: rule.fn(),
      faults: rule.object(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const { name, retry = {}, breaker, attemptTimeoutMs = 3_000 } = options;
  checkRetryOptions(`resilient "${name}".retry`, retry);
  // A probe that the fleet shares is claimed, made and reported within its claim.
  const { openMs = DEFAULT_FLEET_OPEN_MS, storeTimeoutMs = DEFAULT_STORE_TIMEOUT_MS } = breaker ?? {};
  const probeMs = attemptTimeoutMs + 2 * storeTimeoutMs;
  if (breaker?.store && openMs < probeMs) {
    throw new InvalidOptionError(
      `resilient "${name}".breaker: expected \`openMs\` to be at least \`attemptTimeoutMs\` and ${2 * storeTimeoutMs} ms for the store (${probeMs}), so that a probe can end within it, got ${openMs}`,
    );
  }
}
