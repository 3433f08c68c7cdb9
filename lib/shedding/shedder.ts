import { type Clock, systemClock } from '../core/clock.ts';
import { hasCode } from '../core/errors.ts';
import { beginCall } from '../core/execution.ts';
import { fieldOf } from '../core/field.ts';
import { guarded } from '../core/guarded.ts';
import { methodOf, pathOf } from '../core/http-event.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';
import type { PolicyEvent } from '../core/policy-event.ts';
import { propertyOf } from '../core/property.ts';
import { systemRandom } from '../core/random.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import { safeListener } from '../core/safe-listener.ts';
import { WARMUP_SOURCE } from '../core/warmup.ts';
import { WaitingLine } from '../policy/waiting-line.ts';
import { OfferedLoad } from './offered-load.ts';
import { checkSheddingOptions, limitsOf, type SheddingOptions } from './options.ts';
import { type OverloadedError, overloaded, type ShedReason } from './overloaded.ts';
import { guardedPriority, PRIORITIES, type Priority } from './priority.ts';
import { MAX_HOLD_MS, type Slot, Slots } from './slots.ts';

/** A request that is handled. */
export interface Stay {
  /** Its handler has ended. */
  end(): void;
}

const EXEMPT: Stay = { end: () => undefined };

/** The part of the line that requests of a priority and of lower ones may fill. */
const ROOM: Readonly<Record<Priority, number>> = { high: 1, normal: 0.75, low: 0.25 };

/** How often a low request is handled while a breaker is not closed: without any, a breaker that they alone use would never probe. */
const PROBE_EVERY_MS = 1_000;

const isPing = (event: unknown): boolean => fieldOf(event, ['source']) === WARMUP_SOURCE;
const isHealthCheck = (event: unknown): boolean => methodOf(event) === 'GET' && pathOf(event) === '/health';

const nothing = (): undefined => undefined;

/** Decides which requests of a handler are shed, and when the others begin. */
export class Shedder<E, C> {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #priorityOf: (event: E, context: C) => Priority;
  readonly #isExempt: (event: E) => boolean;
  readonly #breakers: readonly object[];
  readonly #queueLimit: number;
  readonly #queueTimeoutMs: number;
  readonly #retryAfterMs: () => number;
  readonly #report: ((event: PolicyEvent) => void) | undefined;
  readonly #offered: OfferedLoad | undefined;
  readonly #slots: Slots | undefined;
  readonly #line: WaitingLine<Slot> | undefined;
  #probedAt: Moment | undefined;

  /** @throws {InvalidOptionError} for an unknown option or one out of range. */
  constructor(owner: string, options: SheddingOptions<E, C>) {
    checkSheddingOptions(owner, options);
    const { name = 'handler', clock = systemClock, random = systemRandom, onEvent } = options;
    const { limit, queueLimit, reservedConcurrency } = limitsOf(options);
    const { retryAfterMs = 2_000, queueTimeoutMs = 1_000, breakers = [] } = options;
    this.#name = name;
    this.#clock = clock;
    this.#priorityOf = guardedPriority(name, options.priority);
    this.#isExempt = guarded(`${name}: isExempt`, options.isExempt, isHealthCheck, 'boolean');
    this.#breakers = breakers;
    this.#queueLimit = queueLimit;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#retryAfterMs = () => retryAfterMs * (0.5 + random.next());
    this.#report = onEvent && safeListener(onEvent, `${name}: onEvent`);
    this.#offered = reservedConcurrency ? new OfferedLoad(clock, reservedConcurrency) : undefined;
    this.#slots = limit ? new Slots(clock, limit, this.#retryAfterMs) : undefined;
    this.#line = this.#slots && new WaitingLine(clock, this.#slots);
  }

  /**
   * Begins a request, at once or when its turn has come.
   * @throws {OverloadedError} where it is shed.
   */
  begin(event: E, context: C): Stay | Promise<Stay> {
    if (isPing(event) || this.#isExempt(event)) return EXEMPT;
    const priority = this.#priorityOf(event, context);
    this.#offered?.arrive(priority === 'low');
    try {
      if (priority === 'low') this.#checkLow();
      const leftMs = remainingMsOf(context) ?? MAX_HOLD_MS;
      const slot = this.#line?.takeNow(1) ?? this.#waitForSlot(priority, leftMs);
      if (!(slot instanceof Promise)) return this.#stay(slot, leftMs);
      const cameAt = this.#clock.monotonic();
      return slot.then(
        (its) => this.#stay(its, leftMs - (this.#clock.monotonic() - cameAt)),
        (error) => this.#refuse(error, priority),
      );
    } catch (error) {
      return this.#refuse(error, priority);
    }
  }

  #refuse(error: unknown, priority: Priority): never {
    this.#offered?.end();
    if (hasCode(error, 'OVERLOADED')) {
      const { reason } = error as OverloadedError;
      this.#report?.({ kind: 'shed', name: this.#name, priority, reason });
    }
    throw error;
  }

  #overloaded(reason: ShedReason): OverloadedError {
    return overloaded(reason, this.#retryAfterMs());
  }

  #checkLow(): void {
    if (this.#shedsForBreaker()) throw this.#overloaded('breaker');
    if (this.#offered?.shedsLow) throw this.#overloaded('capacity');
  }

  #shedsForBreaker(): boolean {
    const isClosed = (breaker: object) => String(propertyOf(breaker, 'state')).endsWith('closed');
    if (this.#breakers.every(isClosed)) return false;
    if (this.#probedAt && elapsedMs(this.#clock, this.#probedAt) < PROBE_EVERY_MS) return true;
    this.#probedAt = momentOf(this.#clock);
    return false;
  }

  /** Undefined: there is no limit to wait for. */
  #waitForSlot(priority: Priority, leftMs: number): Promise<Slot> | undefined {
    const [line, slots] = [this.#line, this.#slots];
    if (!line || !slots) return undefined;
    const execution = beginCall(this.#clock, nothing);
    const limitMs = Math.min(this.#queueTimeoutMs, leftMs, execution.remainingMs());
    const room = Math.ceil(this.#queueLimit * ROOM[priority]);
    const rank = PRIORITIES.indexOf(priority);
    if (line.size >= room) line.dropOver();
    if (slots.expectedWaitMs(line.sizeBefore(rank)) > limitMs || limitMs <= 0) throw this.#overloaded('time');
    if (line.size >= room && !line.refuseLast(rank, this.#overloaded('queue')))
      throw this.#overloaded('queue');
    return line.wait(execution, 1, limitMs, rank);
  }

  #stay(slot: Slot | undefined, leftMs: number): Stay {
    const startedAt = this.#clock.monotonic();
    if (slot) slot.dueAt = startedAt + leftMs;
    return {
      end: () => {
        this.#offered?.end(this.#clock.monotonic() - startedAt);
        if (!slot) return;
        this.#slots?.free(slot);
        this.#line?.serve();
      },
    };
  }
}
