import { FROZEN_MS } from '../core/classify.ts';
import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { runWithin } from '../core/time-limit.ts';

/** The first answer takes longer: there are credentials to get and a connection to make, and a cold sandbox to do it. */
const FIRST_TIMEOUT_MS = 1_000;
/** So long a store that failed is left alone, twice as long each time that it fails again. */
const QUIET_MS = 1_000;
const MOST_QUIET_MS = 16_000;

/** The store, as far as a breaker lets it be in the way. */
export interface Access {
  /** Gives what the store answers, or undefined where it does not, in time. */
  ask<R>(operation: (signal: AbortSignal) => Promise<R>): Promise<R | undefined>;
  /** Whether the store has just failed. Nobody waits for it then, since it needs no more requests either. */
  isQuiet(): boolean;
  /** How long a call waits for an answer. Milliseconds. */
  readonly timeoutMs: number;
  /** How long an answer may take by now, beside a call. Milliseconds. */
  readonly limitMs: number;
  /** How often in a row it has failed. */
  readonly failures: number;
}

export interface AccessTools {
  readonly clock: Clock;
  /** How long an answer is waited for. Milliseconds. */
  readonly timeoutMs: number;
  /** Hears whether the store answers, each time that this changes. Never throws. */
  readonly tell?: (isAnswering: boolean) => void;
}

/** Fail static, for every access of a breaker: without an answer what is known stands, and no caller gets an error. */
export function storeAccess(name: string, { clock, timeoutMs, tell }: AccessTools): Access {
  let quietUntil = -Infinity;
  let failures = 0;
  let limitMs = Math.max(timeoutMs, FIRST_TIMEOUT_MS);
  const isQuiet = () => clock.monotonic() < quietUntil;
  return {
    async ask(operation) {
      const mostMs = limitMs;
      const endsAt = clock.monotonic() + mostMs;
      const exceeded = () => new StoreError(`${name} gave no answer in ${mostMs} ms`);
      try {
        const answer = await runWithin({ clock, limitMs: mostMs, exceeded }, ({ signal }) =>
          operation(signal),
        );
        const isBack = failures > 0;
        failures = 0;
        limitMs = timeoutMs;
        if (isBack) tell?.(true);
        return answer;
      } catch {
        // A change may have been made all the same, which a later read will show. What fails together has failed once, and
        // what a freeze has cut off says nothing about the store.
        if (isQuiet() || clock.monotonic() - endsAt >= FROZEN_MS) return undefined;
        quietUntil = clock.monotonic() + Math.min(MOST_QUIET_MS, QUIET_MS * 2 ** failures);
        if (failures++ === 0) tell?.(false);
        return undefined;
      }
    },
    isQuiet,
    timeoutMs,
    get limitMs() {
      return limitMs;
    },
    get failures() {
      return failures;
    },
  };
}
