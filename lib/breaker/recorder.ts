import { causeOf } from '../core/cause.ts';
import { MAX_RAMP_MS, TRUSTED_AFTER } from './constants.ts';
import { type CountedSlot, countsKey, readCounts, reportOf } from './outcome-counts.ts';
import type { CallOutcome } from './permit.ts';
import { measuredRate } from './sampling.ts';
import type { StateCache } from './state-cache.ts';
import type { SharedTools } from './store-access.ts';
import { publishRate, trip } from './transitions.ts';

/**
 * Reports a sample of all outcomes to the counts of all environments. The environment that reports a failure gets the new counts,
 * and opens the breaker when they say so.
 */
export class OutcomeRecorder {
  readonly #tools: SharedTools;
  readonly #cache: StateCache;
  /** The epoch in which one of the last calls of this environment failed. */
  doubtedEpoch: number | undefined;
  #successes = 0;

  constructor(tools: SharedTools, cache: StateCache) {
    this.#tools = tools;
    this.#cache = cache;
  }

  /** @returns What is to be awaited, where the outcome is reported. It never rejects. */
  record(outcome: CallOutcome, epoch: number): Promise<void> | undefined {
    this.#successes = outcome.failed ? 0 : this.#successes + 1;
    if (outcome.failed) this.doubtedEpoch = epoch;
    else if (this.#successes >= TRUSTED_AFTER) this.doubtedEpoch = undefined;
    const calls = this.#cache.callsPerReport(epoch);
    return this.#tools.chance() * calls < 1 ? this.#report(outcome, epoch, calls) : undefined;
  }

  async #report(outcome: CallOutcome, epoch: number, calls: number): Promise<void> {
    const { name, store, access, clock, rule, report } = this.#tools;
    const { failed, slow = false } = outcome;
    const now = clock.now();
    const key = countsKey(name, epoch, rule);
    const { amounts, expiresAt } = reportOf(failed, calls, now, rule);
    const item = await access.ask('add', (signal) => store.add(key, amounts, { expiresAt, signal }));
    // A call of another epoch says nothing about this one.
    if (item === undefined || this.#cache.callsPerReport(epoch) === Infinity) return;
    const { window, reports, failures, stale: remove } = readCounts(item, now, rule);
    if (failed) report?.({ kind: 'breaker-report', name, calls: reports, failures, slow });
    if (failed && rule.shouldOpen(window)) return this.#open(outcome, epoch);
    await this.#publishRate(window);
    if (remove.length === 0) return;
    await access.ask('add', (signal) => store.add(key, {}, { expiresAt, signal, remove }));
  }

  async #open({ cause, slow }: CallOutcome, epoch: number): Promise<void> {
    const { clock, chance, openMs } = this.#tools;
    const opening = () => {
      const { state, now } = this.#cache;
      const what = causeOf(cause) || (slow ? 'slow call' : '');
      return trip(state, clock.now(), { openMs, chance: chance(), ageMs: now.ageMs, cause: what });
    };
    // Another environment may just have published a rate, which is no reason against it.
    const isOpen = await this.#cache.change(opening());
    if (!isOpen && this.#cache.callsPerReport(epoch) < Infinity) await this.#cache.change(opening());
  }

  async #publishRate(window: readonly CountedSlot[]): Promise<void> {
    const cache = this.#cache;
    const { epoch } = cache.state;
    // The calls of a ramp are fewer than there will be.
    if (epoch > 0 && cache.now.ageMs < this.#tools.rule.windowMs + MAX_RAMP_MS) return;
    if (measuredRate(window, cache.state.rate) === undefined) return;
    // Another environment may have written it already, and to read that costs a tenth of a write.
    if (!cache.isFresh) await cache.refresh();
    const rate = measuredRate(window, cache.state.rate);
    if (rate === undefined || cache.callsPerReport(epoch) === Infinity) return;
    await cache.change(publishRate(cache.state, this.#tools.clock.now(), Math.round(rate)));
  }
}
