import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { Access } from './access.ts';
import type { Known } from './known.ts';
import type { ForceOptions } from './permit.ts';
import { force, unforce } from './transitions.ts';
import { asOf } from './verdict.ts';

/** An hour: a breaker that is forced protects nothing, so it must end by itself. */
const DEFAULT_FOR_MS = 3_600_000;
/** Seven days. */
const MAX_FOR_MS = 604_800_000;
/** Each lost race shows the state that won, so more than a few in a row mean that something else is wrong. */
const MAX_TRIES = 10;

export interface ForceTools {
  readonly name: string;
  readonly known: Known;
  readonly access: Access;
  readonly clock: Clock;
}

/**
 * Forces the shared state, for all environments.
 * @throws {StoreError} where the store does not answer, since then nothing was forced.
 */
export async function forceShared(
  { name, known, access, clock }: ForceTools,
  to: 'open' | 'closed' | 'auto',
  options: ForceOptions = {},
): Promise<void> {
  checkOptions('force', options, { optional: { forMs: rule.durationMs(1, MAX_FOR_MS), by: rule.text() } });
  const { forMs = DEFAULT_FOR_MS, by = 'code' } = options;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await known.look();
    if (access.failures > 0) break;
    const now = clock.now();
    const isForced = asOf(known.verdict, now).state.startsWith('forced-');
    if (to === 'auto' && !isForced) return;
    const change =
      to === 'auto' ? unforce(known.verdict, now) : force(known.verdict, now, { state: to, forMs, by });
    if (await known.change(change)) return;
  }
  throw new StoreError(
    `Breaker "${name}" was not forced: its store does not answer, or others change it all the time`,
    {
      retryable: true,
    },
  );
}
