import { noteEarlierAttempts } from '../core/attempt-facts.ts';
import { FROZEN_MS } from '../core/classify.ts';
import { type CancelTimer, type Clock, systemClock } from '../core/clock.ts';
import { type Enclosure, Execution } from '../core/execution.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { onAbort } from '../core/time-limit.ts';
import { checkHedgeOptions, checkHedgeTimes, type HedgeOptions } from './hedge-options.ts';
import { budgetOf, type RetryBudget } from './retry-budget.ts';

/** What hedging needs beside its options. */
export interface HedgeTools {
  readonly name: string;
  readonly clock: Clock;
  /** Pays for hedges: the one of the retry within, where there is one. */
  readonly budget: RetryBudget;
  /** Whether a success earns for the budget here, and not in a retry within. */
  readonly earns: boolean;
  /** Kept of the call's time for what is to be done after an attempt. Milliseconds. */
  readonly reserveMs: number;
  /** Whether the breaker of these calls has a reason to doubt their dependency. */
  readonly isInDoubt?: (() => boolean) | undefined;
  readonly report?: ((event: PolicyEvent) => void) | undefined;
}

/** Hedged calls: alone, or in policies, each of which pays for its own. */
export interface Hedge extends Policy {
  /** How many calls are made beside the first one at most. */
  readonly maxHedges: number;
  /** Puts calls under it, as a layer of a policy, with the budget, breaker and listener of that. */
  readonly layerWith: (tools: HedgeTools) => <T>(next: Invoke<T>) => Invoke<T>;
  /**
   * Checks that calls with these limits can be hedged at all. Infinity: no limit.
   * @throws {InvalidOptionError}
   */
  checkCalls(owner: string, attemptTimeoutMs: number, totalTimeoutMs: number): void;
}

/** The first call, or a hedge, with its own retries. */
class Branch implements Enclosure {
  readonly #controller = new AbortController();
  hasLost = false;
  budgetExhausted = false;
  /** What it ended with. Anything can be thrown, `undefined` too. */
  failure: { readonly error: unknown } | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.signal.aborted;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}

/** One call with its hedges, until the first of them has answered or all have failed. */
class HedgedCall<T> {
  readonly #next: Invoke<T>;
  readonly #first: Execution;
  readonly #options: HedgeOptions & HedgeTools;
  readonly #branches: Branch[] = [];
  readonly #unlisten: CancelTimer | undefined;
  readonly #outcome: PromiseWithResolvers<T> = Promise.withResolvers();
  /** The highest number of an attempt that is no retry. */
  #numbered: number;
  #cancelTimer: CancelTimer | undefined;
  #isOver = false;

  constructor(next: Invoke<T>, first: Execution, options: HedgeOptions & HedgeTools) {
    const { outerSignal, state } = first;
    this.#next = next;
    this.#first = first;
    this.#options = options;
    this.#numbered = state.numbered;
    this.#unlisten =
      outerSignal &&
      onAbort(outerSignal, (reason) => {
        for (const branch of this.#branches) branch.abort(reason);
      });
    void this.#make(first);
    this.#wait();
  }

  get outcome(): Promise<T> {
    return this.#outcome.promise;
  }

  async #make({ state, attemptState, endsAt, limit, holder }: Execution): Promise<void> {
    const branch = new Branch();
    this.#branches.push(branch);
    try {
      const value = await this.#next(new Execution(state, attemptState, endsAt, limit, branch, holder));
      this.#succeed(branch, value);
    } catch (error) {
      this.#fail(branch, error);
    }
  }

  #wait(): void {
    if (this.#isOver) return;
    const { clock, delayMs } = this.#options;
    const dueAt = clock.monotonic() + delayMs;
    const due = Promise.withResolvers<void>();
    this.#cancelTimer = clock.after(delayMs, due.resolve);
    // In the context of the call, which a timer of a clock that is handed in need not have.
    void due.promise.then(() => this.#atDue(dueAt));
  }

  #atDue(dueAt: number): void {
    if (this.#isOver) return;
    // An answer that has come during a freeze is read after the timers that fell due in it.
    if (this.#options.clock.monotonic() - dueAt >= FROZEN_MS) this.#wait();
    else if (this.#mayHedge()) this.#hedge();
  }

  #hedge(): void {
    const { maxHedges = 1, name, report } = this.#options;
    const execution = this.#first.withAttempt();
    this.#numbered = execution.attempt;
    report?.({ kind: 'hedge', name, attempt: execution.attempt });
    void this.#make(execution);
    if (this.#branches.length <= maxHedges) this.#wait();
  }

  #mayHedge(): boolean {
    const { name, delayMs, reserveMs, isInDoubt, budget, report } = this.#options;
    const { isAborted, isAbandoned, remainingMs, state } = this.#first;
    if (isAborted || isAbandoned) return false;
    // Failures are the retry's work, which may wait since the dependency has asked for it.
    if (state.numbered > this.#numbered || this.#branches.some(({ failure }) => failure)) return false;
    // Most answers take less than the delay. A hedge without that much time would be made for nothing.
    if (remainingMs() - reserveMs < delayMs || isInDoubt?.()) return false;
    if (budget.spend()) return true;
    report?.({ kind: 'budget-exhausted', name, attempt: state.numbered });
    return false;
  }

  #succeed(branch: Branch, value: T): void {
    if (this.#isOver) return;
    const { state } = this.#first;
    state.hedgeWon = branch !== this.#branches[0];
    state.budgetExhausted = branch.budgetExhausted;
    if (this.#options.earns) this.#options.budget.earn();
    this.#end();
    if (this.#branches.length > 1) this.#cancelAllBut(branch);
    this.#outcome.resolve(value);
  }

  #cancelAllBut(winner: Branch): void {
    const reason = new DOMException('Another attempt of the call has answered', 'AbortError');
    for (const other of this.#branches) {
      if (other === winner) continue;
      other.hasLost = true;
      other.abort(reason);
    }
  }

  #fail(branch: Branch, error: unknown): void {
    branch.failure = { error };
    if (this.#isOver || !this.#branches.every(({ failure }) => failure)) return;
    const [first, ...others] = this.#branches.map(({ failure }) => failure?.error);
    // A caller that aborts ends all of them with its own reason, which may have ended many calls.
    noteEarlierAttempts(
      first,
      others.filter((error) => error !== first),
    );
    this.#first.state.budgetExhausted = this.#branches.some(({ budgetExhausted }) => budgetExhausted);
    this.#end();
    this.#outcome.reject(first);
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelTimer?.();
    this.#unlisten?.();
  }
}

/** Makes a call again beside the first one where that takes long. The first answer wins. */
function hedgeLayer(options: HedgeOptions, tools: HedgeTools): <T>(next: Invoke<T>) => Invoke<T> {
  const all = { ...options, ...tools };
  return <T>(next: Invoke<T>) =>
    function callWithHedges(execution) {
      return new HedgedCall(next, execution, all).outcome;
    };
}

/**
 * Makes a call once more where it has not answered within `delayMs`. The first answer wins, and the signal of the other call
 * aborts. Rejects with the error of the first call, once all have failed: a call that fails is not made again for that, which is
 * what `retry` is for. Each success earns half a hedge, and five are saved for each of `maxHedges`, so that a dependency which is
 * slow for all calls is not called twice for each.
 *
 * Only for calls that may be made twice, at the same time too: reads.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see Dean and Barroso, The Tail at Scale (2013), "Hedged requests"
 * @example
 * ```ts
 * const policy = hedge({ delayMs: 120 });
 * const call = ({ signal }: { signal: AbortSignal }) => boundedFetch('https://rates.example/eur', { signal });
 * const answer = await policy.execute(call, { signal: AbortSignal.timeout(1_000) });
 * ```
 */
export function hedge(options: HedgeOptions & { readonly clock?: Clock }): Hedge {
  checkHedgeOptions(options);
  const { clock = systemClock, maxHedges = 1 } = options;
  const layerWith: Hedge['layerWith'] = (tools) => hedgeLayer(options, tools);
  const budget = budgetOf({ maxAttempts: 1 }, maxHedges);
  return {
    ...policyOf(clock, layerWith({ name: 'call', clock, budget, earns: true, reserveMs: 0 })),
    maxHedges,
    layerWith,
    checkCalls: (owner, ...limitsMs) => checkHedgeTimes(`${owner}.hedge`, options, ...limitsMs),
  };
}
