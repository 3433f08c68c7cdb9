import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../../lib/core/clock.ts';
import { type Moment, momentOf } from '../../../lib/core/moment.ts';
import { type FakeClock, fakeClock, settle } from '../../../lib/testing/index.ts';
import type { Call } from './call.ts';
import { Knowledge } from './knowledge.ts';

/** How a thaw comes about. */
export interface Thaw {
  /** Whether the monotonic clock has stood still meanwhile. The wall clock goes on in any case. */
  readonly stoodStill: boolean;
  /** Whether answers are seen before timers that are overdue. */
  readonly answersFirst: boolean;
}

/** A timer belongs to the call that has set it. */
const inContext = (clock: FakeClock): Clock => ({
  now: clock.now,
  monotonic: clock.monotonic,
  after(delayMs, run) {
    const within = AsyncLocalStorage.snapshot();
    return clock.after(delayMs, () => within(run));
  },
});

/** One execution environment: its clocks, its freezes, and what it knows of the store. */
export class Environment {
  readonly clock: Clock;
  readonly knowledge: Knowledge;
  /** Calls that wait to be made or rejected. */
  readonly waiting: Set<Call> = new Set();
  isFrozen = false;
  isDead = false;
  readonly #fake: FakeClock;
  #skewMs = 0;
  #missedMs = 0;
  /** Requests about the state that are under way. */
  #asking = 0;
  readonly #held: (() => void)[] = [];

  constructor(now: number) {
    this.#fake = fakeClock(now);
    this.clock = inContext(this.#fake);
    this.knowledge = new Knowledge(this.moment);
  }

  get moment(): Moment {
    return momentOf(this.#fake);
  }

  /** What a clock that is right shows. */
  get trueAt(): number {
    return this.#fake.now() - this.#skewMs;
  }

  async pass(ms: number): Promise<void> {
    if (this.isFrozen) this.#missedMs += ms;
    else await this.#fake.advance(ms);
  }

  /** Sets its wall clock: so many milliseconds ahead. */
  skew(ms: number): void {
    this.#fake.jump(ms - this.#skewMs);
    this.#skewMs = ms;
    this.noteWhatCallsMay();
  }

  async thaw({ stoodStill, answersFirst }: Thaw): Promise<void> {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    const missedMs = this.#missedMs;
    this.#missedMs = 0;
    const held = this.#held.splice(0);
    // Of all timers the one that has just been set for this very moment is due first.
    if (answersFirst && !stoodStill) for (const notice of held.splice(0)) this.#fake.after(0, notice);
    if (stoodStill) this.#fake.jump(missedMs);
    else await this.#fake.freeze(missedMs);
    for (const notice of held) {
      notice();
      await settle();
    }
  }

  /** Runs when it can be noticed. */
  deliver(notice: () => void): void {
    if (this.isDead) return;
    if (this.isFrozen) this.#held.push(notice);
    else notice();
  }

  /** It asks the store about the state. */
  asks(): void {
    this.#asking++;
    this.noteWhatCallsMay();
  }

  isAnswered(): void {
    this.#asking--;
  }

  /** What it knows, or its clock, may have changed. */
  noteWhatCallsMay(): void {
    this.knowledge.noteTime(this.moment);
    const mayReject = this.knowledge.mayReject(this.moment, this.#asking > 0);
    for (const call of this.waiting) call.mayBeRejected ||= mayReject;
  }
}
