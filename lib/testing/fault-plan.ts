import { checkFault, type PlainFault } from '../chaos/fault-options.ts';
import { meetFaults } from '../chaos/faults.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Call, CallContext } from '../core/execution.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** What one call meets. `'ok'` is no fault; the other words are the faults with their defaults. */
export type PlannedFault = 'ok' | 'error' | 'hang' | 'corrupt' | PlainFault;

export interface FaultPlanOptions {
  /** Whether the last entry applies to all calls past the end of the plan. Default false: those calls meet no fault. */
  readonly repeat?: boolean;
  /** Where time comes from, for latencies. Default: the system's clock. */
  readonly clock?: Clock;
}

export interface FaultPlan {
  /** Calls so far, of all wrapped functions. */
  readonly calls: number;
  /** Makes the nth call meet the nth entry. All functions that one plan wraps share its count. */
  wrap<T>(call: Call<T>): (context: CallContext) => Promise<T>;
}

const faultOf = (entry: PlannedFault, index: number): PlainFault | undefined =>
  entry === 'ok'
    ? undefined
    : checkFault(`faultPlan[${index}]`, typeof entry === 'string' ? { kind: entry } : entry);

/**
 * Faults in a set order, to test your code while a dependency fails.
 * @throws {InvalidOptionError} for an entry or an option that is unknown or out of range.
 * @example
 * ```ts
 * import { resilient } from 'fibrin';
 * import { fakeClock, faultPlan } from 'fibrin/testing';
 * import { expect, test } from 'vitest';
 *
 * const fetchPosts = async (): Promise<string[]> => ['a post'];
 *
 * test('a profile without posts is better than none', async () => {
 *   const clock = fakeClock();
 *   const posts = resilient<string[]>({ name: 'posts', attemptTimeoutMs: 1_000, fallback: () => [], clock });
 *   const outcome = posts.outcome(faultPlan(['hang']).wrap(fetchPosts));
 *   await clock.advance(1_000);
 *   expect((await outcome).degraded).toBe(true);
 * });
 * ```
 */
export function faultPlan(plan: readonly PlannedFault[], options: FaultPlanOptions = {}): FaultPlan {
  checkOptions('faultPlan', options, { optional: { repeat: rule.boolean(), clock: rule.object() } });
  const { repeat = false, clock = systemClock } = options;
  const faults = plan.map(faultOf);
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    wrap: (call) => async (context) => {
      const fault = faults[repeat ? Math.min(calls, faults.length - 1) : calls];
      calls++;
      return fault ? meetFaults(call, [fault], clock)(context) : call(context);
    },
  };
}
