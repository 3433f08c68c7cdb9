import { type Clock, systemClock } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import { Execution, type WorkHolder } from '../core/execution.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { safeListener } from '../core/safe-listener.ts';
import {
  type BulkheadOptions,
  checkBulkheadOptions,
  checkHold,
  DEFAULT_MAX_HOLD_MS,
} from './bulkhead-options.ts';
import { callAfterWait, type Supply, WaitingLine } from './waiting-line.ts';

/** The bulkhead has no slot for the call, which was not made. */
export class BulkheadFullError extends FibrinError {
  override readonly name: string = 'BulkheadFullError';
  constructor(bulkhead: string, what: string) {
    super('BULKHEAD_FULL', `Bulkhead "${bulkhead}" is full: ${what}; the call was not made`, { status: 503 });
  }
}

export interface BulkheadState {
  /** Calls that hold a slot. */
  readonly active: number;
  /** Calls that wait for one. */
  readonly queued: number;
  /** Calls that held a slot for `maxHoldMs`, and whose function has not ended since. */
  readonly overdue: number;
}

/** Makes at most so many calls at once. Several policies can share it. */
export interface Bulkhead extends Policy {
  readonly name: string;
  /** As of now. */
  readonly state: BulkheadState;
  /** Puts calls under this bulkhead, as a layer of a policy. */
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  /**
   * Checks that attempts with these limits end before their slots are freed. Infinity: no limit.
   * @throws {InvalidOptionError}
   */
  checkCalls(owner: string, attemptTimeoutMs: number, totalTimeoutMs: number): void;
}

const DEFAULT_QUEUE_TIMEOUT_MS = 1_000;

/** Held by a call until all of it has ended: what its caller waits for, and the function itself, which may run on. */
class Slot implements WorkHolder {
  readonly dueAt: number;
  /** Of another bulkhead around this one. */
  outer: WorkHolder | undefined;
  readonly #onEnd: (slot: Slot) => void;
  #running = 1;

  constructor(dueAt: number, onEnd: (slot: Slot) => void) {
    this.dueAt = dueAt;
    this.#onEnd = onEnd;
  }

  hold(work: Promise<unknown>): void {
    this.outer?.hold(work);
    this.#running++;
    work.then(this.end, this.end);
  }

  readonly end = (): void => {
    this.#running--;
    if (this.#running === 0) this.#onEnd(this);
  };
}

/** Nothing relies on a timer: a slot whose time is over counts as free when the next call asks, after a freeze too. */
class OwnBulkhead implements Bulkhead, Supply<Slot> {
  readonly name: string;
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  readonly execute: Policy['execute'];
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #queueTimeoutMs: number;
  readonly #maxHoldMs: number;
  readonly #clock: Clock;
  readonly #report: ((event: PolicyEvent) => void) | undefined;
  readonly #line: WaitingLine<Slot>;
  /** In the order in which they began, so the first is due first. */
  readonly #held = new Set<Slot>();
  #overdue = 0;

  constructor({ name = 'call', clock = systemClock, onEvent, ...options }: BulkheadOptions) {
    this.name = name;
    this.#limit = options.limit;
    this.#queueLimit = options.queueLimit ?? 0;
    this.#queueTimeoutMs = options.queueTimeoutMs ?? DEFAULT_QUEUE_TIMEOUT_MS;
    this.#maxHoldMs = options.maxHoldMs ?? DEFAULT_MAX_HOLD_MS;
    this.#clock = clock;
    this.#report = onEvent && safeListener(onEvent, `${name}: onEvent`);
    this.#line = new WaitingLine(clock, this);
    this.layer = (next) => (execution) => this.#call(next, execution);
    this.execute = policyOf(clock, this.layer).execute;
  }

  get state(): BulkheadState {
    const now = this.#clock.monotonic();
    const active = [...this.#held].filter(({ dueAt }) => now < dueAt).length;
    const overdue = this.#overdue + this.#held.size - active;
    return { active, queued: this.#line.size, overdue };
  }

  checkCalls(owner: string, attemptTimeoutMs: number, totalTimeoutMs: number): void {
    checkHold(owner, this.#maxHoldMs, attemptTimeoutMs, totalTimeoutMs);
  }

  freeInMs(): number {
    const now = this.#clock.monotonic();
    for (const slot of this.#held) {
      if (now < slot.dueAt) return this.#held.size < this.#limit ? 0 : slot.dueAt - now;
      this.#free(slot, now);
    }
    return 0;
  }

  take(): Slot {
    const slot = new Slot(this.#clock.monotonic() + this.#maxHoldMs, this.#end);
    this.#held.add(slot);
    return slot;
  }

  refusal(_weight: number, limitMs: number): Error {
    const what = `none of its slots (limit ${this.#limit}) came free within ${Math.round(limitMs)} ms`;
    const wayOut = 'make fewer calls at once or raise `limit`';
    const nested = 'a call within a call of the same bulkhead waits for itself and needs another bulkhead';
    return new BulkheadFullError(this.name, `${what} (${wayOut}; ${nested})`);
  }

  /** Its work goes on, and another call takes its place. */
  #free(slot: Slot, now: number): void {
    this.#held.delete(slot);
    this.#overdue++;
    const heldMs = now - slot.dueAt + this.#maxHoldMs;
    // Later: a listener may make a call, and this is in the middle of one.
    queueMicrotask(() => this.#report?.({ kind: 'bulkhead-overdue', name: this.name, heldMs }));
  }

  readonly #end = (slot: Slot): void => {
    if (!this.#held.delete(slot)) this.#overdue--;
    this.#line.serve();
  };

  #acquire(execution: Execution): Slot | Promise<Slot> {
    const line = this.#line;
    const slot = line.takeNow(1);
    if (slot) return slot;
    if (line.size >= this.#queueLimit) line.dropOver();
    const limitMs = Math.min(this.#queueTimeoutMs, execution.remainingMs());
    if (line.size < this.#queueLimit && limitMs > 0) return line.wait(execution, 1, limitMs);
    const queue = this.#queueLimit === 0 ? 'none waits' : `${line.size} of ${this.#queueLimit} wait`;
    const what = `${this.#limit} calls run (limit) and ${queue} (queueLimit)`;
    throw new BulkheadFullError(this.name, `${what}; make fewer calls at once or raise one of the two`);
  }

  async #call<T>(next: Invoke<T>, execution: Execution): Promise<T> {
    if (execution.isAborted) throw execution.signal.reason;
    const slot = await this.#acquire(execution);
    const { state, attemptState, endsAt, limit, run, holder } = execution;
    slot.outer = holder;
    const held = new Execution(state, attemptState, endsAt, limit, run, slot);
    try {
      return await (held.waitedMs > 0 ? callAfterWait(next, held) : next(held));
    } finally {
      slot.end();
    }
  }
}

/**
 * Makes at most `limit` calls of this execution environment at once, so that one slow dependency does not take all of its
 * connections and memory. Others wait in a queue, in order, or are refused. A call holds its slot until its function has ended,
 * not until its timeout: one that ignores its signal still uses the dependency.
 *
 * A call within a call of the same bulkhead waits for a slot that its own caller may hold: it is refused after
 * `queueTimeoutMs`. Give the inner one a bulkhead of its own.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {BulkheadFullError} from `execute` when the call got no slot. It was not made.
 * @see Nygard, Release It! 2nd ed., "Bulkheads"
 * @example
 * ```ts
 * const reports = bulkhead({ name: 'reports', limit: 10, queueLimit: 20, queueTimeoutMs: 500 });
 * const report = await reports.execute(({ signal }) => boundedFetch('https://reports.example/7', { signal }), {
 *   signal: AbortSignal.timeout(2_000),
 * });
 * console.log(reports.state); // { active: 0, queued: 0, overdue: 0 }
 * ```
 */
export function bulkhead(options: BulkheadOptions): Bulkhead {
  checkBulkheadOptions(options);
  return new OwnBulkhead(options);
}
