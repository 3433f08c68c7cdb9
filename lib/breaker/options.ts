import type { BreakerEvent } from '../core/breaker-event.ts';
import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { Random } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import type { CountingStore } from '../core/store.ts';
import {
  DEFAULT_FAILURE_RATIO,
  DEFAULT_MINIMUM_CALLS,
  MAX_PROBES,
  MAX_SHARED_MINIMUM_CALLS,
  MAX_SHARED_RATIO,
  MAX_STORE_TIMEOUT_MS,
  MAX_WINDOW_CALLS,
  MAX_WINDOW_MS,
  MIN_STORE_TIMEOUT_MS,
  RESERVE_MS,
} from './constants.ts';
import { failuresNeeded } from './rule.ts';

/** What both kinds of breaker have. */
interface CommonOptions {
  /** Name of the breaker in errors and events. 1 to 100 letters, digits, ".", "_", "-". */
  readonly name: string;
  /** Calls that must be recorded before it opens. Integer ≥ 1, shared 1 to 100. Default 5. */
  readonly minimumCalls?: number;
  /**
   * Length of the window. It reaches back further where it holds fewer than 20 calls, up to an hour, so that a breaker of few calls
   * opens too. Milliseconds, up to 3,600,000 (1 hour). Default 10,000.
   */
  readonly windowMs?: number;
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
  /**
   * It opens when it is sure that more than this fraction of the calls fails, (0, 1). At 0.5, ten failures in a row are enough, at
   * 0.8 it takes 37. Default 0.5.
   */
  readonly failureRatio?: number;
  /**
   * Fraction of the calls that must be slow to open it, (0, 1), apart from failures. Default: a slow call counts as a failure.
   */
  readonly slowCallRatio?: number;
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
  /** It opens when it is sure that more than this fraction of all calls fails, (0, 0.8]. Default 0.5. */
  readonly failureRatio?: number;
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

/** A ratio of which a sample can show that it is exceeded. */
const ratioUpTo = (max: number, expected: string): rule.OptionRule =>
  rule.unless(
    (value) => typeof value === 'number' && value > 0 && value <= max,
    `a fraction above 0 and ${expected}`,
  );
const ratioBelow1 = ratioUpTo(1 - Number.EPSILON, 'below 1');

const COMMON_RULES = {
  name: rule.name(),
  failureRatio: ratioBelow1,
  minimumCalls: rule.integer(1),
  windowMs: rule.durationMs(1, MAX_WINDOW_MS),
  slowCallMs: rule.durationMs(),
  openMs: rule.durationMs(),
  isFailure: rule.fn(),
  isFailedResult: rule.fn(),
  onEvent: rule.fn(),
  clock: rule.object(),
};

/** Of a breaker of this environment alone. */
const LOCAL_RULES = {
  slowCallRatio: ratioBelow1,
  windowCalls: rule.integer(1, MAX_WINDOW_CALLS),
  probesToClose: rule.integer(1, MAX_PROBES),
};

/** What is wrong with the options together, if something is. */
function conflictIn(options: Partial<CircuitBreakerOptions>): string | undefined {
  const { windowMs, windowCalls, slowCallMs, slowCallRatio } = options;
  const { failureRatio = DEFAULT_FAILURE_RATIO, minimumCalls = DEFAULT_MINIMUM_CALLS } = options;
  if (windowMs && windowCalls) return 'one of `windowMs` and `windowCalls`, got both';
  if (slowCallRatio && !slowCallMs) return '`slowCallMs` beside `slowCallRatio`, to say when a call is slow';
  const neededCalls = Math.max(minimumCalls, failuresNeeded(failureRatio));
  return windowCalls !== undefined && windowCalls < neededCalls
    ? `\`windowCalls\` to be at least ${neededCalls}, or it never opens at a \`failureRatio\` of ${failureRatio} and a \`minimumCalls\` of ${minimumCalls}, got ${windowCalls}`
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
  // A policy that makes one names it.
  checkOptions(owner, options, { optional: { ...COMMON_RULES, ...LOCAL_RULES } });
  const conflict = conflictIn(options);
  if (conflict) throw new InvalidOptionError(`${owner}: expected ${conflict}`);
}

const countingStore = rule.unless(
  (store) => typeof (store as Partial<CountingStore> | null | undefined)?.add === 'function',
  'a store with `add`, such as dynamoStore()',
);

/** @throws {InvalidOptionError} for an unknown option or one out of range. */
export function checkSharedOptions(options: SharedBreakerOptions): void {
  refuseOptionsOf('circuitBreaker', Object.keys(LOCAL_RULES), 'sharedBreaker', options);
  checkOptions('sharedBreaker', options, {
    required: { name: rule.name(), store: countingStore },
    optional: {
      ...COMMON_RULES,
      failureRatio: ratioUpTo(
        MAX_SHARED_RATIO,
        `up to ${MAX_SHARED_RATIO}, which a sample of calls can show`,
      ),
      minimumCalls: rule.integer(1, MAX_SHARED_MINIMUM_CALLS),
      storeTimeoutMs: rule.durationMs(MIN_STORE_TIMEOUT_MS, MAX_STORE_TIMEOUT_MS),
      random: rule.object(),
    },
  });
}

/** Of what a breaker can be forced to. */
export const FORCE_RULES: { readonly state: rule.OptionRule } = {
  state: rule.oneOf('open', 'closed', 'auto'),
};

/** What a check of a call's limits needs to know of a breaker. */
interface Timed {
  readonly name: string;
  readonly openMs: number;
  readonly timeoutMs: number;
}

/**
 * A probe is claimed, made and reported within its claim, and a call leaves time to report its outcome.
 * @throws {InvalidOptionError}
 */
export function checkCallTimes(
  owner: string,
  { name, openMs, timeoutMs }: Timed,
  attemptTimeoutMs: number,
  totalTimeoutMs: number,
): void {
  if (totalTimeoutMs <= RESERVE_MS) {
    throw new InvalidOptionError(
      `${owner}: expected \`totalTimeoutMs\` to be more than the ${RESERVE_MS} ms in which breaker "${name}" reports an outcome, got ${totalTimeoutMs}`,
    );
  }
  const longestMs = openMs - 2 * timeoutMs;
  if (Math.min(attemptTimeoutMs, totalTimeoutMs) > longestMs) {
    throw new InvalidOptionError(
      `${owner}: expected \`attemptTimeoutMs\` to be at most ${longestMs}, so that a probe of breaker "${name}" can end within its \`openMs\`, got ${attemptTimeoutMs}`,
    );
  }
}
