import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';
import { DEFAULT_REFRESH_TIMEOUT_MS } from './constants.ts';
import type { CircuitBreaker } from './permit.ts';
import type { StateCache } from './state-cache.ts';

export interface RefreshOptions {
  /** How long it may take. Milliseconds. Default 500. */
  readonly timeoutMs?: number;
}

/** A circuit breaker whose state all environments share. */
export interface SharedCircuitBreaker extends CircuitBreaker {
  /**
   * Reads the shared state before the first call needs it, and so makes the connection of the store: `await` it in the init phase
   * of a function, outside of the handler. Gives whether the state is known in time. A store that fails is no error.
   * @throws {InvalidOptionError} for a bad option.
   */
  refresh(options?: RefreshOptions): Promise<boolean>;
}

/** Whether the state was read in time. What takes longer ends by itself, as every reading does. */
export async function refreshShared(cache: StateCache, options: RefreshOptions = {}): Promise<boolean> {
  checkOptions('refresh', options, { optional: { timeoutMs: rule.durationMs() } });
  const { timeoutMs: limitMs = DEFAULT_REFRESH_TIMEOUT_MS } = options;
  const exceeded = () => new Error('too late');
  const { clock } = cache.tools;
  await runWithin({ clock, limitMs, exceeded }, () => cache.refresh()).catch(() => undefined);
  return cache.isRead && !cache.access.isDown && !cache.unreadable;
}
