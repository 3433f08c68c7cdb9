import type { BreakerState } from '../core/breaker-event.ts';
import { FROZEN_MS } from '../core/classify.ts';
import type { CancelTimer, Clock } from '../core/clock.ts';
import type { BreakerOpenError, DeadlineLimit } from '../core/errors.ts';
import { invocationContext } from '../core/invocation-context.ts';
import type { Invoke, Policy } from '../core/layer.ts';

/** What a breaker may know of the call that asks for a permit. */
export interface Caller {
  /** Acquiring ends when it aborts. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** What is left of the caller's time, in milliseconds: acquiring takes no longer. Default: no limit. */
  readonly remainingMs?: (() => number) | undefined;
  /**
   * How long the call has waited so far for limits of this environment's own, which does not make it slow. Milliseconds, Infinity
   * while it waits. Default 0.
   */
  readonly waitedMs?: number | undefined;
  /** Whose limit that is, for the error when it is over. Default: the caller's. */
  readonly limit?: DeadlineLimit | undefined;
}

/** What came of a call. */
export interface CallOutcome {
  readonly failed: boolean;
  /** Whether it took longer than `slowCallMs`, however it ended. Default false. */
  readonly slow?: boolean;
  /** What the call failed with: its name, code and status are shown with the state that it leads to. */
  readonly cause?: unknown;
}

/**
 * Leave to make one call. Record what came of it, or release it, and do so once: a closed breaker of this environment hands
 * the same permit to all calls.
 */
export interface Permit {
  /** Whether the call is the probe of a breaker that is half-open. */
  readonly isProbe: boolean;
  /**
   * @param caller Limits what is awaited. Default: a moment for the store.
   * @returns What is to be awaited before the invocation ends, where there is something. It never rejects.
   */
  record(outcome: CallOutcome, caller?: Caller): Promise<void> | undefined;
  /** The call was not made, or its end says nothing about the dependency. */
  release(caller?: Caller): Promise<void> | undefined;
}

/** A permit, or the error that the call is rejected with. To return it costs a third of throwing it. */
export type Admission = Permit | BreakerOpenError;

/** @throws {BreakerOpenError} the rejection. */
export function permitOf(admission: Admission): Permit {
  if (admission instanceof Error) throw admission;
  return admission;
}

export interface ForceOptions {
  /** How long it stays forced, where the breaker is shared. Milliseconds. Default 3,600,000 (1 hour). */
  readonly forMs?: number;
  /** Who forces it, shown to operators. 1 to 100 characters. Default `code`. */
  readonly by?: string;
}

/**
 * Makes calls while it is closed, and rejects them with `BreakerOpenError` while it is open. After `openMs` it is half-open:
 * one call at a time probes.
 */
export interface CircuitBreaker extends Policy {
  readonly name: string;
  /** As far as this environment knows. */
  readonly state: BreakerState;
  /**
   * Whether there is a reason to doubt the dependency, as far as this environment knows: it is not closed, or forced, or does not
   * admit all calls yet after it has closed, or one of the last two outcomes that were recorded here is a failure. No call is hedged
   * then.
   */
  readonly isInDoubt: boolean;
  /**
   * Keeps it open or closed whatever happens, until `auto`: then it is closed and counts anew. A breaker of this environment is
   * forced when the call returns.
   * @throws {StoreError} where it is shared and the store does not answer.
   */
  force(state: 'open' | 'closed' | 'auto', options?: ForceOptions): Promise<void>;
  /**
   * Leave to make one call: at once where nothing has to be asked. For calls that are no function, such as a handler between
   * two hooks; otherwise use `execute`.
   * @throws {BreakerOpenError} while the breaker is open.
   */
  acquire(caller?: Caller): Permit | Promise<Permit>;
  /** The same, with the rejection as its value. */
  admit(caller?: Caller): Admission | Promise<Admission>;
  /** Puts calls under this breaker, as a layer of a policy. */
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  /** Two breakers with the same identity are one. */
  readonly identity: string | object;
  /** Time that is needed after a call to report its outcome. Milliseconds. Default 0. */
  readonly reserveMs?: number;
  /**
   * Checks that calls with these limits leave it the time that it needs. Infinity: no limit.
   * @throws {InvalidOptionError}
   */
  checkCalls?(owner: string, attemptTimeoutMs: number, totalTimeoutMs: number): void;
}

/** Runs at the moment that a call of the present invocation is slow. */
function whenSlow(clock: Clock, slowCallMs: number, caller: Caller, run: () => void): CancelTimer {
  const startedAt = clock.monotonic();
  const invocation = invocationContext()?.invocation;
  let cancel: CancelTimer;
  const runIn = (delayMs: number) => {
    const dueAt = clock.monotonic() + delayMs;
    cancel = clock.after(delayMs, () => {
      const now = clock.monotonic();
      const { waitedMs = 0 } = caller;
      // One that waits for a limit of our own may go on to take all of its time.
      const leftMs = Math.min(slowCallMs, startedAt + waitedMs + slowCallMs - now);
      if (leftMs >= 1) runIn(leftMs);
      // A call that was frozen meanwhile is not slow for that, and one whose invocation has answered is not counted.
      else if (!invocation?.isOver && now - dueAt < FROZEN_MS) run();
    });
  };
  runIn(slowCallMs);
  return () => cancel();
}

/** Gives what is to be awaited, where there is something. An undefined outcome says nothing. */
export type Settle = (outcome: CallOutcome | undefined, caller: Caller) => Promise<void> | undefined;

/** A permit whose call is recorded once: the moment that it is slow, since it may take long to end, or else when it ends. */
export function recordedOnce(
  isProbe: boolean,
  clock: Clock,
  slowCallMs: number | undefined,
  settle: Settle,
  admitted: Caller,
): Permit {
  let isSettled = false;
  let cancel: CancelTimer | undefined;
  const record = (outcome: CallOutcome | undefined, caller: Caller = {}) => {
    if (isSettled) return undefined;
    isSettled = true;
    cancel?.();
    return settle(outcome, caller);
  };
  if (slowCallMs !== undefined)
    cancel = whenSlow(clock, slowCallMs, admitted, () => void record({ failed: true, slow: true }));
  return { isProbe, record, release: (caller) => record(undefined, caller) };
}

/** Whether an option is a breaker, also one of another copy of the package, and not the options of one. */
export const isBreaker = (given: object): given is CircuitBreaker =>
  typeof (given as Partial<CircuitBreaker>).acquire === 'function';
