import type { BreakerState } from '../core/breaker-event.ts';
import type { Clock } from '../core/clock.ts';
import { RESERVED_CONCURRENCY_VARIABLE } from '../core/concurrency.ts';
import { checkOptions } from '../core/options.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { isObject } from '../core/property.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { PriorityOf } from './priority.ts';

export interface SheddingOptions<E = unknown, C = unknown> {
  /** Name in events and metrics. 1 to 100 letters, digits, ".", "_", "-". Default `handler`. */
  readonly name?: string;
  /**
   * The priority of a request: `high`, `normal`, `low`, or undefined for `normal`. By its route or what its authorizer says, as
   * `routePriority` and `claimPriority` do, and never by a header, which any client can set. What it throws is `normal`. Default: all
   * are `normal`.
   */
  readonly priority?: PriorityOf<E, C>;
  /**
   * The most requests of this process that are handled at once. Others wait, `high` ones first. Integer, 1 to 10,000. Default: on
   * Managed Instances three quarters of what Lambda sends at once, so that the rest can wait; elsewhere no limit.
   */
  readonly limit?: number;
  /**
   * The most requests that wait; `low` ones fill at most a quarter of it, `normal` ones three quarters, rounded up. Integer, 0 to 10,000. Default:
   * four times the limit, which is then handled within four times the duration of a request; on Managed Instances no more than Lambda
   * sends above the limit, so that low ones leave some of it to the others.
   */
  readonly queueLimit?: number;
  /** The most that a request waits, and no more than it has left. Milliseconds, 1 to 60,000. Default 1,000. */
  readonly queueTimeoutMs?: number;
  /**
   * The most invocations at once of a function whose environments serve one at a time. Integer, 1 to 100,000. Default: what
   * `ResilientFunction` has reserved, in `FIBRIN_RESERVED_CONCURRENCY`; without that no request is shed for it.
   */
  readonly reservedConcurrency?: number;
  /** Breakers of what the handler calls. While one of them is not closed, `low` requests are shed, all but one a second. Default: none. */
  readonly breakers?: readonly { readonly state: BreakerState }[];
  /**
   * When a request that is shed should come again: half to one and a half of this, at random. Milliseconds, 1 to 3,600,000. Default
   * 2,000.
   */
  readonly retryAfterMs?: number;
  /** Whether a request is never shed and takes no slot. Warm-up pings never are. Default: whether it is `GET /health`. */
  readonly isExempt?: (event: E) => boolean;
  /** Receives each request that is shed, such as `policyMetrics()`. What it throws changes nothing. Default: nothing is reported. */
  readonly onEvent?: (event: PolicyEvent) => unknown;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

const breakersRule = rule.unless(
  (value) =>
    Array.isArray(value) &&
    value.every((each) => isObject(each) && 'state' in each && each.state !== undefined),
  'an array of breakers',
);

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkSheddingOptions(owner: string, options: object): void {
  checkOptions(owner, options, {
    optional: {
      name: rule.name(),
      priority: rule.fn(),
      limit: rule.integer(1, 10_000),
      queueLimit: rule.integer(0, 10_000),
      queueTimeoutMs: rule.durationMs(1, 60_000),
      reservedConcurrency: rule.integer(1, 100_000),
      breakers: breakersRule,
      retryAfterMs: rule.durationMs(1, 3_600_000),
      isExempt: rule.fn(),
      onEvent: rule.fn(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
}

/** Of what Managed Instances send at once, for requests that are handled. The rest is the room in which others wait. */
const HANDLED = 3 / 4;

/** A positive integer in a variable. What is none says nothing. */
function numberIn(variable: string): number | undefined {
  const value = Number(process.env[variable]);
  return Number.isInteger(value) && value >= 1 ? value : undefined;
}

/** What Lambda sends at once to this thread of an environment of Managed Instances. Undefined elsewhere. */
function sentAtOnce(): number | undefined {
  const all = numberIn('AWS_LAMBDA_MAX_CONCURRENCY');
  return all && Math.max(1, Math.floor(all / (numberIn('AWS_LAMBDA_NODEJS_WORKER_COUNT') ?? 1)));
}

/** Requests that wait for each slot: it serves them within four durations. */
const WAITING_PER_SLOT = 4;

/** How many requests there may be at once. */
export interface Limits {
  /** Handled by this process. Undefined: no limit is known. */
  readonly limit: number | undefined;
  /** Waiting in this process. */
  readonly queueLimit: number;
  /** In all environments that serve one at a time. Undefined: no limit is known. */
  readonly reservedConcurrency: number | undefined;
}

export function limitsOf(options: SheddingOptions<never, never>): Limits {
  const sent = sentAtOnce();
  const limit = options.limit ?? (sent && Math.max(1, Math.floor(sent * HANDLED)));
  const queueLimit = limit ? Math.min(limit * WAITING_PER_SLOT, Math.max(0, (sent ?? Infinity) - limit)) : 0;
  const reserved = options.reservedConcurrency ?? numberIn(RESERVED_CONCURRENCY_VARIABLE);
  return {
    limit,
    queueLimit: options.queueLimit ?? queueLimit,
    // Managed Instances have several at once.
    reservedConcurrency: sent ? undefined : reserved,
  };
}
