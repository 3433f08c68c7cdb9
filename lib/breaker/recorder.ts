import { causeOf } from '../core/cause.ts';
import { MAX_RAMP_MS, TRUSTED_AFTER } from './constants.ts';
import { amountsOf, type CountedSlot, countsKey, expiryAt, readCounts } from './outcome-counts.ts';
import type { CallOutcome } from './permit.ts';
import { measuredRate, reportEvery } from './sampling.ts';
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
  /** The epoch in which a call of this environment last failed, and how many have succeeded since. */
  #failedIn: number | undefined;
  #successes = 0;

  constructor(tools: SharedTools, cache: StateCache) {
    this.#tools = tools;
    this.#cache = cache;
  }

  /** Whether one of the last calls of this environment failed in the present epoch. */
  get isInDoubt(): boolean {
    return this.#failedIn === this.#cache.state.epoch && this.#successes < TRUSTED_AFTER;
  }

  /** @returns What is to be awaited, where the outcome is reported. It never rejects. */
  record(outcome: CallOutcome, epoch: number): Promise<void> | undefined {
    this.#successes = outcome.failed ? 0 : this.#successes + 1;
    if (outcome.failed) this.#failedIn = epoch;
    if (!this.#isClosedIn(epoch) || this.#tools.access.isBackingOff) return undefined;
    const calls = reportEvery(this.#cache.state, this.#cache.now);
    return this.#tools.chance() * calls < 1 ? this.#report(outcome, epoch, calls) : undefined;
  }

  /** A call that began in another epoch says nothing about this one. */
  #isClosedIn(epoch: number): boolean {
    return this.#cache.state.epoch === epoch && this.#cache.now.kind === 'closed';
  }

  async #report(outcome: CallOutcome, epoch: number, calls: number): Promise<void> {
    const { name, store, access, clock, rule, report } = this.#tools;
    const { failed, slow = false } = outcome;
    const now = clock.now();
    const key = countsKey(name, epoch, rule);
    const expiresAt = expiryAt(now);
    const amounts = amountsOf(failed, calls, now, rule);
    const item = await access.ask('write', (signal) => store.add(key, amounts, { expiresAt, signal }));
    if (item === undefined || !this.#isClosedIn(epoch)) return;
    const { window, stale } = readCounts(item, now, rule);
    if (failed) report?.({ kind: 'breaker-report', name, ...totalsOf(window), slow });
    if (failed && rule.shouldOpen(window)) return this.#open(outcome, epoch);
    await this.#publishRate(window);
    if (stale.length === 0) return;
    await access.ask('write', (signal) => store.add(key, {}, { expiresAt, signal, remove: stale }));
  }

  async #open({ cause, slow }: CallOutcome, epoch: number): Promise<void> {
    const { clock, chance, openMs } = this.#tools;
    const opening = () => {
      const { state, now } = this.#cache;
      const what = causeOf(cause) || (slow ? 'slow call' : '');
      return trip(state, clock.now(), { openMs, chance: chance(), ageMs: now.ageMs, cause: what });
    };
    // Another environment may just have published a rate, which is no reason against it.
    if (!(await this.#cache.change(opening())) && this.#isClosedIn(epoch))
      await this.#cache.change(opening());
  }

  async #publishRate(window: readonly CountedSlot[]): Promise<void> {
    const { state, now } = this.#cache;
    // The calls of a ramp are fewer than there will be.
    if (state.epoch > 0 && now.ageMs < this.#tools.rule.windowMs + MAX_RAMP_MS) return;
    const rate = measuredRate(window, state.rate);
    if (rate !== undefined) await this.#cache.change(publishRate(state, Math.round(rate)));
  }
}

const totalsOf = (window: readonly CountedSlot[]) => ({
  calls: window.reduce((sum, { reports }) => sum + reports, 0),
  failures: window.reduce((sum, { failures }) => sum + failures, 0),
});
