import type { BreakerEvent } from '../core/breaker-event.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { DEFAULT_OPEN_MS, DEFAULT_PROBES, TRUSTED_AFTER } from './constants.ts';
import { breakerLayer } from './layer.ts';
import {
  admitLocally,
  CLOSED,
  type LocalState,
  locallyAdmitted,
  opened,
  probed,
  probing,
} from './local-machine.ts';
import { type CircuitBreakerOptions, checkBreakerOptions, FORCE_RULES } from './options.ts';
import { OutcomeWindow } from './outcome-window.ts';
import { type Admission, type CallOutcome, type CircuitBreaker, type Permit, permitOf } from './permit.ts';
import { type Reject, rejections } from './rejection.ts';
import { OpeningRule, type RuleOptions } from './rule.ts';

type LocalOptions = Omit<CircuitBreakerOptions, keyof RuleOptions | 'onEvent'> &
  RuleOptions & { readonly onEvent?: CircuitBreakerOptions['onEvent'] | undefined };

/** A breaker of one environment. Nothing waits for a timer, so a freeze changes nothing. */
export class LocalBreaker implements CircuitBreaker {
  readonly name: string;
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  readonly execute: Policy['execute'];
  readonly #options: LocalOptions;
  readonly #clock: Clock;
  readonly #failures: OutcomeWindow;
  readonly #slowCalls: OutcomeWindow | undefined;
  readonly #reject: Reject;
  readonly #report: ((event: BreakerEvent) => void) | undefined;
  #state: LocalState = CLOSED;
  /** How many calls must succeed until it is trusted again. */
  #doubts = 0;
  /** Of the present state, for all calls: what one from before it records says nothing about what is now. */
  #permit: Permit = this.#newPermit(false);

  constructor(options: LocalOptions) {
    const { name, clock = systemClock, slowCallRatio, windowCalls } = options;
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.#failures = new OutcomeWindow(new OpeningRule(options), windowCalls);
    const slowRule = slowCallRatio && new OpeningRule({ ...options, failureRatio: slowCallRatio });
    this.#slowCalls = slowRule ? new OutcomeWindow(slowRule, windowCalls) : undefined;
    this.#reject = rejections(name);
    this.#report = options.onEvent && safeListener(options.onEvent, `${name}: onEvent`);
    this.layer = breakerLayer(this, options, clock);
    this.execute = policyOf(clock, this.layer).execute;
  }

  get identity(): object {
    return this;
  }

  get state(): LocalState['kind'] {
    return this.#state.kind;
  }

  get isInDoubt(): boolean {
    return this.#state.kind !== 'closed' || this.#doubts > 0;
  }

  async force(to: 'open' | 'closed' | 'auto'): Promise<void> {
    checkOptions('force', { state: to }, { required: FORCE_RULES });
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
    if (admission !== 'probe') return this.#reject(admission.waitMs);
    this.#become(probing(this.#state, now, this.#openMs), true);
    return this.#permit;
  }

  /** Opens it for so long, whatever was recorded. */
  open(openMs: number): void {
    this.#become(opened(this.#clock.monotonic(), openMs));
  }

  get #openMs(): number {
    return this.#options.openMs ?? DEFAULT_OPEN_MS;
  }

  #newPermit(isProbe: boolean): Permit {
    const permit: Permit = {
      isProbe,
      record: (outcome) => this.#settle(permit, outcome),
      release: () => this.#settle(permit),
    };
    return permit;
  }

  #settle(permit: Permit, outcome?: CallOutcome): undefined {
    if (permit !== this.#permit) return;
    const now = this.#clock.monotonic();
    if (this.#state.kind === 'half-open') {
      const { probesToClose = DEFAULT_PROBES } = this.#options;
      this.#become(probed(this.#state, outcome?.failed, now, { openMs: this.#openMs, probesToClose }));
    } else if (outcome) this.#count(outcome, now);
  }

  #count({ failed, slow = false }: CallOutcome, now: number): void {
    this.#doubts = failed ? TRUSTED_AFTER : this.#doubts - 1;
    this.#failures.record(failed, now);
    this.#slowCalls?.record(slow, now);
    const shouldOpen =
      (failed && this.#failures.shouldOpen(now)) || (slow && this.#slowCalls?.shouldOpen(now) === true);
    if (shouldOpen && this.#state.kind === 'closed') this.open(this.#openMs);
  }

  #become(next: LocalState, isProbe = false): void {
    if (next.kind === 'closed') {
      this.#doubts = 0;
      this.#failures.clear();
      this.#slowCalls?.clear();
    }
    const from = this.#state.kind;
    const to = next.kind;
    this.#state = next;
    this.#permit = this.#newPermit(isProbe);
    if (to === from) return;
    const admittedFraction = locallyAdmitted(next);
    this.#report?.({
      ...{ kind: 'breaker-state', name: this.name, from, to },
      ...{ origin: 'self', admittedFraction, waitMs: next.kind === 'open' ? this.#openMs : 0 },
    });
  }
}

/**
 * A circuit breaker of this environment: it opens when it is sure that more than `failureRatio` of its calls fail, lets one call
 * at a time probe after `openMs`, and closes after `probesToClose` in a row that succeed.
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
  return new LocalBreaker(options);
}
