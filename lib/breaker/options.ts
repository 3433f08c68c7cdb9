import type { BreakerEvent } from '../core/breaker-event.ts';
import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { CountingStore } from '../core/store.ts';
import { countWindow, timeWindow, type Window, type WindowTotals } from '../core/window.ts';
import type { CircuitBreaker } from './permit.ts';

/** A store that breakers can share their verdict through. It brings what that takes, so that no other breaker has to. */
export interface BreakerStore extends CountingStore {
  /** `fleetBreaker`, in all stores of the toolkit. */
  readonly shareBreaker: (options: BreakerOptions, store: BreakerStore) => CircuitBreaker;
}

export interface BreakerOptions {
  /** Where the verdict is shared. Default: nowhere, each sandbox decides for itself. */
  readonly store?: BreakerStore;
  /** Name of the breaker: with a store, one verdict for every sandbox that uses it. */
  readonly name: string;
  /**
   * Share of the calls in the window that must fail to open it. Fraction, (0, 1]; with a store (0, 0.8], since of a sample
   * nobody is sure of more in time. Default 0.5.
   */
  readonly failureRatio?: number;
  /**
   * Share of the calls in the window that must be slow to open it, judged by itself. Fraction, (0, 1]. Default: a slow
   * call counts as one that failed, and with a store always.
   */
  readonly slowCallRatio?: number;
  /**
   * Calls that a sandbox must have seen in the window before its ratios count. With a store that is so only while the store
   * fails and each sandbox is by itself, and then it has to be sure too: all of them failed, or more than `failureRatio` by
   * two standard deviations. Integer ≥ 1. Default 5.
   */
  readonly minimumCalls?: number;
  /** How far back a sandbox looks; a fleet always 10,000. Milliseconds. Default 10,000. */
  readonly windowMs?: number;
  /** Looks at the last so many calls, however long ago they were. Integer, 1 to 10,000. Default: a window of time. */
  readonly windowCalls?: number;
  /** A call that takes longer is slow. Milliseconds. Default: no limit. */
  readonly slowCallMs?: number;
  /**
   * How long it stays open before one caller may probe. With a store that caller then has a third as long again to succeed, so
   * it has to be longer than the protected call and two writes may take; after a relapse within 30 s it is four times as
   * long. Milliseconds. Default 30,000; with a store 12,000.
   */
  readonly openMs?: number;
  /**
   * How long an answer of the store is waited for; after that the last verdict stands. A function of little memory, a store
   * in another region or a busy machine may need more, and a call that looks waits as long. Milliseconds, 10 to 1,000.
   * Default 50.
   */
  readonly storeTimeoutMs?: number;
  /** Probes in a row that must succeed before it closes, without a store. Integer, 1 to 100. Default 2; of a fleet 3. */
  readonly probes?: number;
  /**
   * Whether an error says that the dependency is in trouble. Default: no answer in time, or one that says so (408, 429,
   * 5xx, throttling, an invalid value); a bug, a refusal by another breaker and a caller that gave up count for nothing.
   */
  readonly isFailure?: (error: unknown) => boolean;
  /** Whether a value that came is a failure all the same. Default: none is. */
  readonly isFailedResult?: (value: unknown) => boolean;
  /**
   * Told of changes of state, and with a store of what is reported while calls fail and of trouble with the store, for
   * metrics, logs and traces. What it throws changes nothing. Default: nobody is told, which costs nothing; in `resilient`
   * whoever is told of its calls.
   */
  readonly onEvent?: (event: BreakerEvent) => unknown;
  readonly clock?: Clock;
  readonly random?: Random;
}

export const DEFAULT_FAILURE_RATIO = 0.5;
const DEFAULT_MINIMUM_CALLS = 5;
export const DEFAULT_OPEN_MS = 30_000;
export const DEFAULT_FLEET_OPEN_MS = 12_000;

export const DEFAULT_STORE_TIMEOUT_MS = 50;

/** What one option makes of another: what is wrong with them together, if something is. */
function conflictIn(options: BreakerOptions): string | false {
  const { windowMs, windowCalls, slowCallMs, slowCallRatio, minimumCalls = DEFAULT_MINIMUM_CALLS } = options;
  if (windowMs && windowCalls) return 'one of `windowMs` and `windowCalls`, got both';
  if (slowCallRatio && !slowCallMs) return '`slowCallMs` beside `slowCallRatio`, to say when a call is slow';
  return (
    windowCalls !== undefined &&
    windowCalls < minimumCalls &&
    `\`windowCalls\` to be at least \`minimumCalls\` (${minimumCalls}), or it never opens, got ${windowCalls}`
  );
}

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkBreakerOptions(options: BreakerOptions): void {
  checkOptions('circuitBreaker', options, {
    required: { name: rule.name() },
    optional: {
      store: rule.object(),
      failureRatio: rule.ratio(),
      slowCallRatio: rule.ratio(),
      minimumCalls: rule.integer(1),
      windowMs: rule.durationMs(),
      windowCalls: rule.integer(1, 10_000),
      slowCallMs: rule.durationMs(),
      openMs: rule.durationMs(),
      storeTimeoutMs: rule.durationMs(10, 1_000),
      probes: rule.integer(1, 100),
      isFailure: rule.fn(),
      isFailedResult: rule.fn(),
      onEvent: rule.fn(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  refuse(options, conflictIn(options));
}

function refuse({ name }: BreakerOptions, conflict: string | false): void {
  if (conflict) throw new InvalidOptionError(`circuitBreaker "${name}": expected ${conflict}`);
}

const HIGHEST_SHARED_RATIO = 0.8;

/**
 * What else holds where the breaker is shared.
 * @throws {InvalidOptionError}
 */
export function checkSharedOptions(options: BreakerOptions): void {
  const { probes, slowCallRatio, failureRatio = 0 } = options;
  refuse(
    options,
    probes !== undefined && 'no `probes` beside `store`: three successes close a breaker that is shared',
  );
  refuse(
    options,
    slowCallRatio !== undefined &&
      'no `slowCallRatio` beside `store`: a slow call counts as one that failed where it is shared',
  );
  refuse(
    options,
    failureRatio > HIGHEST_SHARED_RATIO &&
      `\`failureRatio\` to be at most ${HIGHEST_SHARED_RATIO} beside \`store\`: of a sample of calls nobody is sure of more, got ${failureRatio}`,
  );
}

export function windowOf({ windowMs = 10_000, windowCalls }: BreakerOptions): Window {
  return windowCalls === undefined ? timeWindow(windowMs) : countWindow(windowCalls);
}

/** Says whether what a window has seen is bad enough to open the breaker. */
export type Judge = (totals: WindowTotals) => boolean;

/** By the plain ratios. */
export function isBadEnough(options: BreakerOptions): Judge {
  const {
    failureRatio = DEFAULT_FAILURE_RATIO,
    slowCallRatio = Number.POSITIVE_INFINITY,
    minimumCalls = DEFAULT_MINIMUM_CALLS,
  } = options;
  return ({ calls, failures, slow }) =>
    calls >= minimumCalls && (failures / calls >= failureRatio || slow / calls >= slowCallRatio);
}

/** How sure a sandbox has to be by itself that the ratio is reached, in standard deviations. */
const SURE_ALONE = 2;

/**
 * The same for a sandbox that stands in for its fleet. What it sees is little, and three failures out of five are no outage
 * yet: all of them have to fail, or more than chance makes of fewer than the ratio.
 */
export function isSurelyBad(options: BreakerOptions): Judge {
  const { failureRatio = DEFAULT_FAILURE_RATIO, minimumCalls = DEFAULT_MINIMUM_CALLS } = options;
  return ({ calls, failures }) =>
    calls >= minimumCalls &&
    (failures === calls ||
      failures - failureRatio * calls >= SURE_ALONE * Math.sqrt(calls * failureRatio * (1 - failureRatio)));
}
