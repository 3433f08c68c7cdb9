import type { BreakerEvent } from '../core/breaker-event.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Call, ExecuteOptions } from '../core/execution.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import type { Window } from '../core/window.ts';
import { breakerLayer, OutcomeRules } from './layer.ts';
import {
  admitLocally,
  CLOSED,
  type HalfOpen,
  type LocalState,
  locallyAdmitted,
  opened,
  probed,
  probing,
} from './local-machine.ts';
import {
  byRatio,
  type CircuitBreakerOptions,
  checkBreakerOptions,
  DEFAULT_OPEN_MS,
  type ShouldOpen,
  windowOf,
} from './options.ts';
import { type Admission, type CallOutcome, type CircuitBreaker, type Permit, permitOf } from './permit.ts';
import { rejection } from './rejection.ts';

/** Leave to make calls between two changes of state. It holds nothing of any one of them, so all share it. */
class CallPermit implements Permit {
  readonly isProbe = false;
  readonly #breaker: LocalBreaker;

  constructor(breaker: LocalBreaker) {
    this.#breaker = breaker;
  }

  record(outcome: CallOutcome): undefined {
    this.#breaker.recordCall(this, outcome);
  }

  release(): undefined {}
}

class ProbePermit implements Permit {
  readonly isProbe = true;
  readonly held: HalfOpen;
  readonly #breaker: LocalBreaker;

  constructor(breaker: LocalBreaker, held: HalfOpen) {
    this.#breaker = breaker;
    this.held = held;
  }

  record({ failed }: CallOutcome): undefined {
    this.#breaker.recordProbe(this, failed);
  }

  release(): undefined {
    this.#breaker.recordProbe(this, undefined);
  }
}

/** A breaker of one environment. Nothing waits for a timer, so a freeze does no harm. */
class LocalBreaker implements CircuitBreaker {
  readonly name: string;
  readonly identity = this;
  readonly retryFraction = 1;
  readonly reserveMs = 0;
  readonly maxCallMs: number = Number.POSITIVE_INFINITY;
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  readonly #policy: Policy;
  readonly #clock: Clock;
  readonly #openMs: number;
  readonly #probesToClose: number;
  readonly #window: Window;
  readonly #shouldOpen: ShouldOpen;
  readonly #report: ((event: BreakerEvent) => void) | undefined;
  #state: LocalState = CLOSED;
  /** Of the present state: what one from before it records says nothing about what is now. */
  #permit: Permit = new CallPermit(this);

  constructor(options: CircuitBreakerOptions, shouldOpen: ShouldOpen) {
    const { name, clock = systemClock, openMs = DEFAULT_OPEN_MS, probesToClose = 2 } = options;
    this.name = name;
    this.#clock = clock;
    this.#openMs = openMs;
    this.#probesToClose = probesToClose;
    this.#window = windowOf(options);
    this.#shouldOpen = shouldOpen;
    this.#report = options.onEvent && safeListener(options.onEvent);
    this.layer = breakerLayer(this, new OutcomeRules(options, clock), clock);
    this.#policy = policyOf(clock, this.layer);
  }

  get state(): LocalState['kind'] {
    return this.#state.kind;
  }

  execute<T>(call: Call<T>, options?: ExecuteOptions): Promise<T> {
    return this.#policy.execute(call, options);
  }

  async force(to: 'open' | 'closed' | 'auto'): Promise<void> {
    if (to === 'auto' && !this.#state.kind.startsWith('forced-')) return;
    this.#become(to === 'auto' ? CLOSED : { kind: `forced-${to}` });
  }

  acquire(): Permit {
    return permitOf(this.admit());
  }

  admit(): Admission {
    // Closed, as it mostly is, it needs not read the clock.
    if (this.#state.kind === 'closed') return this.#permit;
    const now = this.#clock.monotonic();
    const admission = admitLocally(this.#state, now);
    if (admission === 'call') return this.#permit;
    if (admission !== 'probe') return rejection(this.name, admission.waitMs);
    const held = probing(this.#state, now, this.#openMs);
    this.#become(held);
    this.#permit = new ProbePermit(this, held);
    return this.#permit;
  }

  recordCall(permit: Permit, { failed, slow = false }: CallOutcome): void {
    if (permit !== this.#permit) return;
    const now = this.#clock.monotonic();
    this.#window.record({ failed, slow }, now);
    if ((failed || slow) && this.#state.kind === 'closed' && this.#shouldOpen(this.#window.totals(now)))
      this.#become(opened(now, this.#openMs));
  }

  recordProbe(permit: ProbePermit, failed: boolean | undefined): void {
    if (permit !== this.#permit) return;
    const waits = { openMs: this.#openMs, probesToClose: this.#probesToClose };
    this.#become(probed(permit.held, failed, this.#clock.monotonic(), waits));
  }

  #become(next: LocalState): void {
    if (next.kind === 'closed') this.#window.clear();
    const from = this.#state.kind;
    const to = next.kind;
    this.#state = next;
    this.#permit = new CallPermit(this);
    if (to === from) return;
    const admittedFraction = locallyAdmitted(next);
    this.#report?.({ kind: 'breaker-state', name: this.name, from, to, origin: 'self', admittedFraction });
  }
}

/** For an environment whose shared breaker cannot reach its store. */
export const localBreaker = (options: CircuitBreakerOptions, shouldOpen: ShouldOpen): CircuitBreaker =>
  new LocalBreaker(options, shouldOpen);

/**
 * A circuit breaker of this environment: it opens when enough calls in its window fail, lets one call at a time probe after
 * `openMs`, and closes after `probesToClose` in a row that succeed.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @see Nygard, Release It! 2nd ed., "Circuit Breaker"
 * @example
 * ```ts
 * const breaker = circuitBreaker({ name: 'posts', failureRatio: 0.5, slowCallMs: 1_000, openMs: 30_000 });
 * const answer = await breaker.execute(({ signal }) => boundedFetch('https://posts.example/7', { signal }));
 * console.log(breaker.state);
 * ```
 */
export function circuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  checkBreakerOptions('circuitBreaker', options);
  checkOptions('circuitBreaker', { name: options.name }, { required: { name: rule.name() } });
  return new LocalBreaker(options, byRatio(options));
}
