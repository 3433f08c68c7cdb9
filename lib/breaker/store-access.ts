import type { BreakerEvent } from '../core/breaker-event.ts';
import { FROZEN_MS } from '../core/classify.ts';
import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { propertyOf, textOf } from '../core/property.ts';
import type { Random } from '../core/random.ts';
import type { CountingStore } from '../core/store.ts';
import { runWithin, type Timed } from '../core/time-limit.ts';
import { BACKOFF_MS, FIRST_TIMEOUT_MS, MAX_BACKOFF_MS } from './constants.ts';
import type { OpeningRule } from './rule.ts';

/** What the parts of a shared breaker have in common. */
export interface SharedTools {
  readonly name: string;
  readonly store: CountingStore;
  /** How long an answer may take. Milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly rule: OpeningRule;
  readonly openMs: number;
  /** Receives events. Never throws. */
  readonly report: ((event: BreakerEvent) => void) | undefined;
  readonly onAvailability: OnAvailability;
}

/** Requests need different rights, so one kind may be refused while the others work. */
export type RequestKind = 'get' | 'put' | 'add';

/**
 * Called with the reason when the shared state becomes unavailable, and whether that lasts until an operator acts; without one when it
 * is available again. Never throws.
 */
export type OnAvailability = (reason?: string, isLasting?: boolean) => void;

/**
 * All requests of a breaker to its store. Fail static: without an answer what is known stands, and no caller gets an error. A
 * store that failed is not asked again for a while.
 */
export class StoreAccess {
  /** What the last request that failed has failed with. */
  lastError: unknown;
  /** How long an answer may take beside a call: the first one longer. Milliseconds. */
  limitMs: number = FIRST_TIMEOUT_MS;
  readonly #tools: SharedTools;
  #failures = 0;
  #retryAt = 0;
  /** When kinds of requests are tried again that fail until an operator acts: an answer to another kind says nothing. */
  readonly #refused = new Map<RequestKind, number>();

  constructor(tools: SharedTools) {
    this.#tools = tools;
  }

  /** Whether the last request failed, or one kind of them always does. */
  get isDown(): boolean {
    return this.#failures > 0 || this.#refused.size > 0;
  }

  /** Whether the last request failed, but not for lack of rights. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Whether it is down for lack of rights only, and may be asked again. */
  get isDue(): boolean {
    const now = this.#tools.clock.monotonic();
    return !this.isFailing && [...this.#refused.values()].every((retryAt) => now >= retryAt);
  }

  get isBackingOff(): boolean {
    return this.isFailing && this.#tools.clock.monotonic() < this.#retryAt;
  }

  /** What was refused is asked for once more: an operator may have granted the right. */
  retryRefused(): void {
    for (const kind of this.#refused.keys()) this.#refused.set(kind, -Infinity);
  }

  /** Gives what the store answers, or undefined where it does not, in time. Never rejects. */
  async ask<R>(kind: RequestKind, request: (timed: Timed) => Promise<R>): Promise<R | undefined> {
    const { limitMs } = this;
    const { clock, timeoutMs, onAvailability } = this.#tools;
    const startedAt = clock.monotonic();
    if (startedAt < (this.#refused.get(kind) ?? -Infinity)) return undefined;
    const exceeded = () => new StoreError(`no answer in ${limitMs} ms`, { retryable: true });
    try {
      const answer = await runWithin({ clock, limitMs, exceeded }, request);
      this.limitMs = timeoutMs;
      if (this.isDown) {
        this.#failures = 0;
        this.#refused.delete(kind);
        onAvailability();
      }
      return answer;
    } catch (error) {
      // What a freeze has cut off says nothing about the store.
      if (clock.monotonic() - startedAt - limitMs < FROZEN_MS) this.#failed(kind, error);
      return undefined;
    }
  }

  #failed(kind: RequestKind, error: unknown): void {
    const { clock, onAvailability } = this.#tools;
    const now = clock.monotonic();
    this.lastError = error;
    // Rights or a table are missing. Requests that fail together for another reason have failed once.
    const isLasting = propertyOf(error, 'retryable') === false;
    const isNew = !this.isDown || (isLasting && !this.#refused.has(kind));
    if (isLasting) this.#refused.set(kind, now + MAX_BACKOFF_MS);
    else if (!this.isBackingOff)
      this.#retryAt = now + Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** this.#failures++);
    if (isNew) onAvailability(textOf(error, 'message') || 'the store failed', isLasting);
  }
}
