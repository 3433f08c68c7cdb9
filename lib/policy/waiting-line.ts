import type { CancelTimer, Clock } from '../core/clock.ts';
import type { Execution } from '../core/execution.ts';
import type { Invoke } from '../core/layer.ts';
import { noteOwnWait } from '../core/own-wait.ts';

/** What calls wait for: the slots of a bulkhead, the tokens of a rate limiter. */
export interface Supply<G> {
  /** In how many milliseconds this much can be taken, if nothing else is. 0: now. */
  freeInMs(weight: number): number;
  take(weight: number): G;
  /** The error of a call that has waited in vain. It waits no more, and all others do. */
  refusal(weight: number, limitMs: number): Error;
}

interface Waiter {
  readonly rank: number;
  readonly weight: number;
  readonly isOver: () => boolean;
  readonly serve: () => void;
  readonly refuse: (error?: Error) => void;
}

/** A timer of a busy process is this late without any freeze, and what it waited for is there. Milliseconds. */
const LATE_MS = 10;

/**
 * Calls that wait, served by their rank, and those of the same rank in the order in which they came. A timer that is late serves
 * none too late: each is asked for its time.
 */
export class WaitingLine<G> {
  readonly #clock: Clock;
  readonly #supply: Supply<G>;
  /** In the order in which they are served. */
  #waiting = new Set<Waiter>();
  #weight = 0;
  #cancelWake: CancelTimer | undefined;

  constructor(clock: Clock, supply: Supply<G>) {
    this.#clock = clock;
    this.#supply = supply;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** What all of them wait for. */
  get weight(): number {
    return this.#weight;
  }

  /** How many wait that are served before one of this rank who comes now. */
  sizeBefore(rank: number): number {
    let size = 0;
    for (const waiter of this.#waiting) if (waiter.rank <= rank) size++;
    return size;
  }

  /** Refuses the one that would be served last, if it is of a lower rank than this. */
  refuseLast(rank: number, error: Error): boolean {
    const last = [...this.#waiting].at(-1);
    if (last === undefined || last.rank <= rank) return false;
    last.refuse(error);
    return true;
  }

  /** What a call asks for, where no other waits and it is there. */
  takeNow(weight: number): G | undefined {
    this.serve();
    return this.size === 0 && this.#supply.freeInMs(weight) === 0 ? this.#supply.take(weight) : undefined;
  }

  /** Serves those whose turn it is, and refuses those before them whose time is over. */
  serve(): void {
    this.#cancelWake?.();
    for (const waiter of this.#waiting) {
      if (waiter.isOver()) {
        waiter.refuse();
        continue;
      }
      const waitMs = this.#supply.freeInMs(waiter.weight);
      if (waitMs > 0) {
        this.#cancelWake = this.#clock.after(waitMs, () => this.serve());
        return;
      }
      waiter.serve();
    }
  }

  /** Refuses all whose time is over, so that they take no place of others. */
  dropOver(): void {
    for (const waiter of this.#waiting) if (waiter.isOver()) waiter.refuse();
    this.serve();
  }

  #add(waiter: Waiter): void {
    const isLast = this.sizeBefore(waiter.rank) === this.size;
    this.#waiting.add(waiter);
    // The sort is stable: those of the same rank stay in the order in which they came.
    if (!isLast) this.#waiting = new Set([...this.#waiting].sort((one, other) => one.rank - other.rank));
    this.#weight += waiter.weight;
  }

  /**
   * Waits for at most `limitMs`; rejects with the reason of the caller's signal as soon as that aborts.
   * @param rank The lower it is, the sooner its turn comes.
   */
  wait(execution: Execution, weight: number, limitMs: number, rank = 0): Promise<G> {
    const { attemptState, outerSignal: signal } = execution;
    const startedAt = this.#clock.monotonic();
    const { waitedMs } = attemptState;
    attemptState.waitedMs = Infinity;
    const { promise, resolve, reject } = Promise.withResolvers<G>();

    const remove = () => {
      this.#waiting.delete(waiter);
      // Fractions do not add up exactly.
      this.#weight = this.size === 0 ? 0 : this.#weight - weight;
      cancel();
      signal?.removeEventListener('abort', onAbort);
      attemptState.waitedMs = waitedMs + this.#clock.monotonic() - startedAt;
    };
    const waiter: Waiter = {
      rank,
      weight,
      isOver: () =>
        execution.isAbandoned ||
        execution.remainingMs() <= 0 ||
        this.#clock.monotonic() - startedAt > limitMs + LATE_MS,
      serve: () => {
        remove();
        resolve(this.#supply.take(weight));
      },
      refuse: (error) => {
        remove();
        reject(error ?? this.#supply.refusal(weight, limitMs));
      },
    };
    const onAbort = () => {
      noteOwnWait(signal?.reason);
      remove();
      reject(signal?.reason);
      this.serve();
    };
    const cancel = this.#clock.after(limitMs, () => {
      // At this very moment it may be its turn.
      this.serve();
      if (!this.#waiting.has(waiter)) return;
      waiter.refuse();
      this.serve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#add(waiter);
    this.serve();
    return promise;
  }
}

/** Makes a call that has waited. What aborts it has left its dependency less time than it is given, so that says nothing of it. */
export async function callAfterWait<T>(next: Invoke<T>, execution: Execution): Promise<T> {
  const { outerSignal: signal } = execution;
  const note = () => noteOwnWait(signal?.reason);
  signal?.addEventListener('abort', note, { once: true });
  try {
    return await next(execution);
  } finally {
    signal?.removeEventListener('abort', note);
  }
}
