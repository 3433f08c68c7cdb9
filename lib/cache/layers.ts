import { classifyError } from '../core/classify.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import type { Execution } from '../core/execution.ts';
import { isWithinProbe } from '../core/invocation-context.ts';
import type { Layer } from '../core/layer.ts';
import type { Entries } from './entries.ts';
import type { Loads } from './loads.ts';

export type CacheResult = 'hit' | 'stale' | 'miss' | 'coalesced';

/** Hands out a stale value where a call fails. A caller that gave up gets its own reason, and a bug is not hidden. */
export function staleLayer<T>(entries: Entries<T>, staleIfErrorMs: number): Layer<T> {
  return (next) =>
    async function callOrStale(execution) {
      const { state } = execution;
      try {
        return await next(execution);
      } catch (error) {
        if (state.key === undefined || state.callerSignal?.aborted) throw error;
        const entry = entries.find(state.key, staleIfErrorMs);
        if (entry === undefined || classifyError(error) === 'bug') throw error;
        state.source = 'stale';
        state.error = error;
        return entry.value;
      }
    };
}

export interface CachedLayer<T> {
  /** Of what is called, in errors. */
  readonly name: string;
  readonly entries: Entries<T>;
  readonly loads: Loads<T>;
  /** The most that a load may take. Milliseconds. */
  readonly limitMs: number;
  readonly staleWhileRevalidateMs: number;
  /** Never throws. */
  readonly report: ((result: CacheResult) => void) | undefined;
}

/** Hands out values that are kept, and makes one load for all calls that miss the same one. */
export function cachedLayer<T>(cached: CachedLayer<T>): Layer<T> {
  const { name, entries, loads, limitMs, staleWhileRevalidateMs, report } = cached;
  return (next) => {
    async function lead(key: string, execution: Execution): Promise<T> {
      const { state, limit, endsAt } = execution;
      if (execution.remainingMs() <= 0)
        throw new DeadlineExceededError(name, limit, endsAt - state.startedAt, {
          called: state.attempts > 0,
        });
      const load = loads.begin(key, next, execution, { name, limitMs, leader: state });
      try {
        return await load.wait(name, execution);
      } finally {
        state.budgetExhausted = load.state.budgetExhausted;
        state.hedgeWon = load.state.hedgeWon;
      }
    }

    function refresh(key: string, execution: Execution): void {
      if (loads.open(key)) return;
      loads.begin(key, next, execution, { name, limitMs, leader: undefined }).keepGoing();
    }

    return async function callThroughCache(execution) {
      const { state } = execution;
      const { key } = state;
      if (key === undefined) return next(execution);
      if (execution.isAborted) throw execution.signal.reason;
      state.source = 'cache';
      const fresh = entries.find(key, 0);
      if (fresh) {
        report?.('hit');
        return fresh.value;
      }
      const stale = staleWhileRevalidateMs > 0 ? entries.find(key, staleWhileRevalidateMs) : undefined;
      if (stale) {
        report?.('stale');
        refresh(key, execution);
        return stale.value;
      }
      state.source = 'live';
      const load = loads.open(key);
      report?.(load ? 'coalesced' : 'miss');
      // It would wait for itself, or for the permit that it has.
      if (load?.isAround || isWithinProbe()) return next(execution);
      return load ? load.wait(name, execution) : lead(key, execution);
    };
  };
}
