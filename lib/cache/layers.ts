import { classifyError } from '../core/classify.ts';
import { DeadlineExceededError } from '../core/errors.ts';
import type { Execution, Source as Origin } from '../core/execution.ts';
import { isWithinProbe } from '../core/invocation-context.ts';
import type { Invoke, Layer } from '../core/layer.ts';
import type { Entries } from './entries.ts';
import type { CacheResult, Load, Source } from './load.ts';
import type { Loads } from './loads.ts';
import type { Entry } from './tier.ts';

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

export interface CachedLayer<T, R> {
  /** Of what is called, in errors. */
  readonly name: string;
  readonly entries: Entries<T>;
  readonly loads: Loads<T, R>;
  /** What a load does. */
  readonly sourceOf: (next: Invoke<T>) => Source<T, R>;
  /** Whether a load asks a tier that may have a newer value, or know that this one was invalidated. */
  readonly asksFirst: boolean;
  /** The most that a load may take. Milliseconds. */
  readonly limitMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Never throws. */
  readonly report: ((result: CacheResult) => void) | undefined;
}

/** The way of the calls of one policy through a cache. */
class CachedCalls<T, R> {
  readonly #cached: CachedLayer<T, R>;
  readonly #next: Invoke<T>;
  readonly #source: Source<T, R>;

  constructor(cached: CachedLayer<T, R>, next: Invoke<T>) {
    this.#cached = cached;
    this.#next = next;
    this.#source = cached.sourceOf(next);
  }

  async call(execution: Execution): Promise<T> {
    const { state } = execution;
    const { key } = state;
    if (key === undefined) return this.#next(execution);
    if (execution.isAborted) throw execution.signal.reason;
    const { entries, loads, report } = this.#cached;
    state.source = 'cache';
    const current = entries.current(key);
    if (current) {
      report?.('hit');
      return current.value;
    }
    const stale = this.#stale(key);
    if (stale) {
      report?.('stale');
      if (entries.isDue(stale)) this.#refresh(key, execution);
      return stale.value;
    }
    state.source = 'live';
    const load = loads.open(key);
    // It would wait for itself, or for the permit that it has.
    if (load?.isAround || isWithinProbe()) {
      report?.(load ? 'coalesced' : 'miss');
      return this.#next(execution);
    }
    return load ? this.#join(key, load, execution) : this.#lead(key, execution);
  }

  /** @throws what the last load has failed with, where it is too early for another one, and a stale value stands in. */
  #stale(key: string): Entry<T> | undefined {
    const { asksFirst, entries, loads, staleWhileRevalidateMs, staleIfErrorMs } = this.#cached;
    const kept = entries.find(key, Math.max(staleWhileRevalidateMs, staleIfErrorMs));
    if (!kept) return undefined;
    const overMs = entries.ageMs(kept) - kept.freshMs;
    if (overMs < 0) return undefined;
    if (overMs < staleWhileRevalidateMs)
      return asksFirst && entries.isDue(kept) && !loads.open(key) ? undefined : kept;
    if (kept.failure && overMs < staleIfErrorMs && !entries.isDue(kept)) throw kept.failure.error;
    return undefined;
  }

  async #join(key: string, load: Load<T, R>, execution: Execution): Promise<T> {
    this.#cached.report?.('coalesced');
    try {
      return await this.#waitFor(load, execution);
    } catch (error) {
      // Its time is over, since it began before this call, which has time left for another one.
      const isOlder = load.since.monotonic < execution.state.startedAt;
      if (!(isOlder && load.isOverdue) || execution.isAborted || execution.remainingMs() <= 0) throw error;
      return this.#waitFor(this.#cached.loads.open(key) ?? this.#begin(key, execution), execution);
    }
  }

  async #lead(key: string, execution: Execution): Promise<T> {
    const { name, report } = this.#cached;
    const { state, limit, endsAt } = execution;
    if (execution.remainingMs() <= 0) {
      report?.('miss');
      throw new DeadlineExceededError(name, limit, endsAt - state.startedAt, { called: state.attempts > 0 });
    }
    const load = this.#begin(key, execution);
    try {
      const value = await this.#waitFor(load, execution);
      if (load.result === 'stale') this.#refresh(key, execution);
      return value;
    } finally {
      report?.(load.result);
    }
  }

  #begin(key: string, execution: Execution): Load<T, R> {
    const { name, loads, limitMs } = this.#cached;
    return loads.begin(key, this.#source, execution, { name, limitMs, leader: execution.state });
  }

  async #waitFor(load: Load<T, R>, execution: Execution): Promise<T> {
    const { state } = execution;
    try {
      const value = await load.wait(this.#cached.name, execution);
      state.source = sourceOf(load.result);
      return value;
    } finally {
      if (load.isLedBy(state)) {
        state.budgetExhausted = load.state.budgetExhausted;
        state.hedgeWon = load.state.hedgeWon;
      }
    }
  }

  #refresh(key: string, execution: Execution): void {
    const { name, loads, limitMs } = this.#cached;
    if (loads.open(key)) return;
    loads.begin(key, this.#source, execution, { name, limitMs, leader: undefined }).keepGoing();
  }
}

const sourceOf = (result: CacheResult): Origin => (result === 'miss' ? 'live' : 'cache');

/** Hands out values that are kept, and makes one load for all calls that miss the same one. */
export const cachedLayer =
  <T, R>(cached: CachedLayer<T, R>): Layer<T> =>
  (next) => {
    const calls = new CachedCalls(cached, next);
    return function callThroughCache(execution) {
      return calls.call(execution);
    };
  };
