import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { Access } from './access.ts';
import type { Known } from './known.ts';
import { FORCE_RULES } from './options.ts';
import type { ForceOptions } from './permit.ts';
import { force, type Transition, unforce } from './transitions.ts';
import { asOf, type Verdict } from './verdict.ts';

/** An hour: a breaker that is forced protects nothing, so it must end by itself. */
const DEFAULT_FOR_MS = 3_600_000;
/** Seven days. */
const MAX_FOR_MS = 604_800_000;
/** Each lost race shows the state that won, so more than a few in a row mean that something else is wrong. */
const MAX_TRIES = 10;

const byRule = rule.unless(
  (by) => typeof by === 'string' && /^\P{Cc}{1,100}$/u.test(by),
  'text of 1 to 100 characters, none of them a control character',
);

export interface ForceTools {
  readonly name: string;
  readonly known: Known;
  readonly access: Access;
  readonly clock: Clock;
}

type ForcedTo = 'open' | 'closed' | 'auto';

/** Undefined: there is nothing to change. */
function changeOf(before: Verdict, now: number, to: ForcedTo, options: ForceOptions): Transition | undefined {
  const { forMs = DEFAULT_FOR_MS, by = 'code' } = options;
  if (to !== 'auto') return force(before, now, { state: to, forMs, by });
  return asOf(before, now).state.startsWith('forced-') ? unforce(before, now) : undefined;
}

/**
 * Forces the shared state, for all environments.
 * @throws {StoreError} where the store does not answer. Whether it was forced is not known where the write got no answer.
 * @throws {InvalidOptionError} for another state, an unknown option or one out of range.
 */
export async function forceShared(
  { name, known, access, clock }: ForceTools,
  to: ForcedTo,
  options: ForceOptions = {},
): Promise<void> {
  checkOptions(
    'force',
    { state: to, ...options },
    { required: FORCE_RULES, optional: { forMs: rule.durationMs(1, MAX_FOR_MS), by: byRule } },
  );
  let failure = 'was not forced: its store does not answer';
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await known.look();
    if (access.failures > 0) break;
    const change = changeOf(known.verdict, clock.now(), to, options);
    const isForced = change === undefined || (await known.change(change));
    if (isForced) return;
    failure =
      isForced === undefined
        ? 'may or may not have been forced: its store gave no answer to the write'
        : `was not forced: others changed its state ${MAX_TRIES} times`;
  }
  throw new StoreError(`Breaker "${name}" ${failure}`, { retryable: true });
}
