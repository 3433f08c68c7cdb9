import type { BreakerEvent } from '../core/breaker-event.ts';
import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { CountingStore } from '../core/store.ts';
import { countWindow, timeWindow, type Window, type WindowTotals } from '../core/window.ts';

/** What both kinds of breaker have. */
interface CommonOptions {
  /** Name of the breaker in errors and events. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /** A call that takes this long or longer is slow. Milliseconds. Default: no limit. */
  readonly slowCallMs?: number;
  /**
   * Whether an error counts as a failure. Asked for errors that say something about the dependency; a bug, a rejection by
   * another breaker, a caller that gave up and an attempt that a limit of fibrin ended are not its matter. Default: no answer in
   * time, or one that says the dependency is in trouble (408, 429, 5xx but 501 and 505, throttling, an invalid value).
   */
  readonly isFailure?: (error: unknown) => boolean;
  /** Whether a value is a failure all the same. Default: none is. */
  readonly isFailedResult?: (value: unknown) => boolean;
  /** Receives changes of state, for metrics, logs and traces. What it throws changes nothing. Default: nothing is reported. */
  readonly onEvent?: (event: BreakerEvent) => unknown;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** A breaker of this environment. */
export interface CircuitBreakerOptions extends CommonOptions {
  /** Fraction of the calls in the window that must fail to open it, (0, 1]. Default 0.5. */
  readonly failureRatio?: number;
  /**
   * Fraction of the calls in the window that must be slow to open it, (0, 1], apart from failures. Default: a slow call counts
   * as a failure.
   */
  readonly slowCallRatio?: number;
  /** Calls that the window must hold before the ratios count. Integer ≥ 1. Default 5. */
  readonly minimumCalls?: number;
  /** Length of the window. Milliseconds. Default 10,000. */
  readonly windowMs?: number;
  /** Counts the last so many calls instead, however long ago they were. Integer, 1 to 10,000. Default: a window of time. */
  readonly windowCalls?: number;
  /** How long it stays open before one call may probe. Milliseconds. Default 30,000. */
  readonly openMs?: number;
  /** Probes in a row that must succeed before it closes. Integer, 1 to 100. Default 2. */
  readonly probesToClose?: number;
}

/** A breaker whose state all environments share through a store. */
export interface SharedBreakerOptions extends CommonOptions {
  /** Holds the shared state: `dynamoStore()`, or `memoryStore()` in tests. */
  readonly store: CountingStore;
  /** Fraction of all calls that must fail to open it, (0, 0.8]: a sample of calls shows no more in time. Default 0.5. */
  readonly failureRatio?: number;
  /**
   * Calls that an environment must have seen before it opens a breaker of its own while the store does not answer. Integer ≥ 1.
   * Default 5.
   */
  readonly minimumCalls?: number;
  /**
   * How long it stays open before one call may probe, four times as long after a relapse within 30 s. A probe has a third as
   * long again to succeed, so it must be longer than the protected call and two writes. Milliseconds. Default 12,000.
   */
  readonly openMs?: number;
  /**
   * How long the store may take; after that the last known state stands. An environment with little memory, a store in another
   * region or a busy machine may need more. Milliseconds, 10 to 1,000. Default 50.
   */
  readonly storeTimeoutMs?: number;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

/** What a breaker needs to know of its options to judge the outcome of a call. */
export type OutcomeOptions = Pick<
  CircuitBreakerOptions,
  'name' | 'slowCallMs' | 'slowCallRatio' | 'isFailure' | 'isFailedResult'
>;

export const DEFAULT_FAILURE_RATIO = 0.5;
const DEFAULT_MINIMUM_CALLS = 5;
export const DEFAULT_OPEN_MS = 30_000;
export const DEFAULT_PROBES = 2;
export const DEFAULT_SHARED_OPEN_MS = 12_000;
export const DEFAULT_STORE_TIMEOUT_MS = 50;
/** A larger sample than a fleet reports in time would be needed to be sure of more. */
const MAX_SHARED_RATIO = 0.8;

const COMMON_RULES = {
  name: rule.name(),
  failureRatio: rule.ratio(),
  minimumCalls: rule.integer(1),
  slowCallMs: rule.durationMs(),
  openMs: rule.durationMs(),
  isFailure: rule.fn(),
  isFailedResult: rule.fn(),
  onEvent: rule.fn(),
  clock: rule.object(),
};

/** Of a breaker of this environment. A policy that makes one names it. */
const LOCAL_RULES = {
  ...COMMON_RULES,
  slowCallRatio: rule.ratio(),
  windowMs: rule.durationMs(),
  windowCalls: rule.integer(1, 10_000),
  probesToClose: rule.integer(1, 100),
};

/** What is wrong with the options together, if something is. */
function conflictIn(options: Partial<CircuitBreakerOptions>): string | undefined {
  const { windowMs, windowCalls, slowCallMs, slowCallRatio, minimumCalls = DEFAULT_MINIMUM_CALLS } = options;
  if (windowMs && windowCalls) return 'one of `windowMs` and `windowCalls`, got both';
  if (slowCallRatio && !slowCallMs) return '`slowCallMs` beside `slowCallRatio`, to say when a call is slow';
  return windowCalls !== undefined && windowCalls < minimumCalls
    ? `\`windowCalls\` to be at least \`minimumCalls\` (${minimumCalls}), or it never opens, got ${windowCalls}`
    : undefined;
}

/** An option of the other kind of breaker is refused by a message that says where it belongs. */
function refuseOptionsOf(kind: string, names: readonly string[], owner: string, options: object): void {
  const misplaced = names.find((name) => Object.hasOwn(options ?? {}, name));
  if (misplaced) throw new InvalidOptionError(`${owner}: \`${misplaced}\` is an option of \`${kind}\``);
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkBreakerOptions(owner: string, options: Partial<CircuitBreakerOptions>): void {
  refuseOptionsOf('sharedBreaker', ['store', 'storeTimeoutMs', 'random'], owner, options);
  checkOptions(owner, options, { optional: LOCAL_RULES });
  const conflict = conflictIn(options);
  if (conflict) throw new InvalidOptionError(`${owner}: expected ${conflict}`);
}

const countingStore = rule.unless(
  (store) => typeof (store as Partial<CountingStore> | null | undefined)?.add === 'function',
  'a store with `add`, as those of dynamoStore() and memoryStore() are',
);

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkSharedOptions(options: SharedBreakerOptions): void {
  const ofLocal = ['slowCallRatio', 'windowMs', 'windowCalls', 'probesToClose'];
  refuseOptionsOf('circuitBreaker', ofLocal, 'sharedBreaker', options);
  checkOptions('sharedBreaker', options, {
    required: { name: rule.name(), store: countingStore },
    optional: { ...COMMON_RULES, storeTimeoutMs: rule.durationMs(10, 1_000), random: rule.object() },
  });
  const { name, failureRatio = 0 } = options;
  if (failureRatio > MAX_SHARED_RATIO) {
    throw new InvalidOptionError(
      `sharedBreaker "${name}": expected \`failureRatio\` to be at most ${MAX_SHARED_RATIO}: a sample of calls shows no more in time, got ${failureRatio}`,
    );
  }
}

/** Of what a breaker can be forced to. */
export const FORCE_RULES: { readonly state: rule.OptionRule } = {
  state: rule.oneOf('open', 'closed', 'auto'),
};

/** Kept of a call's time for reporting its outcome: what recording may wait for the store, and a little more. Milliseconds. */
export const RESERVE_MS = 25;

export interface CallTimes {
  readonly owner: string;
  readonly name: string;
  readonly openMs: number;
  readonly storeTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
}

/**
 * A probe is claimed, made and reported within its claim, and a call leaves time to report its outcome.
 * @throws {InvalidOptionError}
 */
export function checkCallTimes(times: CallTimes): void {
  const { owner, name, openMs, storeTimeoutMs, attemptTimeoutMs, totalTimeoutMs } = times;
  if (totalTimeoutMs <= RESERVE_MS) {
    throw new InvalidOptionError(
      `${owner}: expected \`totalTimeoutMs\` to be more than the ${RESERVE_MS} ms in which breaker "${name}" reports an outcome, got ${totalTimeoutMs}`,
    );
  }
  const longestMs = openMs - 2 * storeTimeoutMs;
  if (Math.min(attemptTimeoutMs, totalTimeoutMs) > longestMs) {
    throw new InvalidOptionError(
      `${owner}: expected \`attemptTimeoutMs\` to be at most ${longestMs}, so that a probe of breaker "${name}" can end within its \`openMs\`, got ${attemptTimeoutMs}; raise \`openMs\` or lower \`attemptTimeoutMs\``,
    );
  }
}

export function windowOf({ windowMs = 10_000, windowCalls }: CircuitBreakerOptions): Window {
  return windowCalls === undefined ? timeWindow(windowMs) : countWindow(windowCalls);
}

/** Says whether the totals of a window open the breaker. */
export type ShouldOpen = (totals: WindowTotals) => boolean;

/** By the plain ratios. */
export function byRatio(options: CircuitBreakerOptions): ShouldOpen {
  const {
    failureRatio = DEFAULT_FAILURE_RATIO,
    slowCallRatio = Infinity,
    minimumCalls = DEFAULT_MINIMUM_CALLS,
  } = options;
  return ({ calls, failures, slow }) =>
    calls >= minimumCalls && (failures / calls >= failureRatio || slow / calls >= slowCallRatio);
}

/** How sure an environment has to be by itself that the ratio is reached, in standard deviations. */
const LOCAL_DEVIATIONS = 2;

/**
 * The same for an environment whose store does not answer. It sees few calls, and three failures out of five are no outage
 * yet: all of them have to fail, or more than chance makes of fewer than the ratio.
 */
export function byConfidentRatio(options: SharedBreakerOptions): ShouldOpen {
  const { failureRatio = DEFAULT_FAILURE_RATIO, minimumCalls = DEFAULT_MINIMUM_CALLS } = options;
  return ({ calls, failures }) =>
    calls >= minimumCalls &&
    (failures === calls ||
      failures - failureRatio * calls >=
        LOCAL_DEVIATIONS * Math.sqrt(calls * failureRatio * (1 - failureRatio)));
}
