import { StoreError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { propertyOf, textOf } from '../core/property.ts';
import * as rule from '../core/rules.ts';
import { DEFAULT_FORCED_MS, MAX_FORCED_MS, MAX_TEXT, MAX_TRIES } from './constants.ts';
import { FORCE_RULES } from './options.ts';
import type { ForceOptions } from './permit.ts';
import type { StateCache } from './state-cache.ts';
import { force, unforce } from './transitions.ts';

const OPTION_RULES = {
  forMs: rule.durationMs(1, MAX_FORCED_MS),
  by: rule.unless(
    (by) => typeof by === 'string' && by.length <= MAX_TEXT && /^\P{Cc}+$/u.test(by),
    'text of 1 to 100 characters, none of them a control character',
  ),
};

/**
 * Forces the shared state, for all environments.
 * @throws {StoreError} where the store does not answer. Whether it was forced is not known where the write got no answer.
 * @throws {InvalidOptionError} for another state, an unknown option or one out of range.
 */
export async function forceShared(
  cache: StateCache,
  to: 'open' | 'closed' | 'auto',
  options: ForceOptions = {},
): Promise<void> {
  checkOptions('force', { state: to, ...options }, { required: FORCE_RULES, optional: OPTION_RULES });
  const { access } = cache;
  const { name, clock } = cache.tools;
  const { forMs = DEFAULT_FORCED_MS, by = 'code' } = options;
  access.retryRefused();
  let failure = 'was not forced: its store does not answer';
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await cache.refresh();
    if (cache.unreadable) throw new StoreError(`Breaker "${name}" was not forced: ${cache.unreadable}`);
    if (access.isFailing) break;
    const { state, now } = cache;
    if (to === 'auto' && !now.kind.startsWith('forced-')) return;
    const wall = clock.now();
    const change = to === 'auto' ? unforce(state, wall) : force(state, wall, { state: to, forMs, by });
    const isForced = await cache.change(change);
    if (isForced) return;
    failure =
      isForced === undefined
        ? 'may have been forced: its store gave no answer to the write'
        : `was not forced: others changed its state ${MAX_TRIES} times`;
    // A right is missing.
    if (isForced === undefined && !access.isFailing) break;
  }
  const cause = access.isDown ? access.lastError : undefined;
  const retryable = propertyOf(cause, 'retryable') !== false;
  // A right or the table is missing: nothing was written.
  const what = retryable ? failure : `was not forced: ${textOf(cause, 'message')}`;
  throw new StoreError(`Breaker "${name}" ${what}`, { retryable, cause });
}
