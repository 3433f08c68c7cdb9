import { rejections } from '../../breaker/rejection.ts';
import type { Clock } from '../../core/clock.ts';
import type { Item } from '../../core/store.ts';
import type { CallPermit, Guard, GuardTools, Subject } from '../subject.ts';

/*
 * Written anew after https://github.com/gunnargrosch/circuitbreaker-lambda#configuration and what follows there (version 1),
 * with its defaults: each call reads the whole state before it and writes the whole state after it, and the last writer
 * wins. When a read fails the circuit counts as closed; a write that fails is dropped. Its names of attributes are not kept.
 */

const FAILURE_THRESHOLD = 5;
const SUCCESS_THRESHOLD = 2;
const OPEN_MS = 10_000;
const MAX_OPEN_MS = 60_000;
/** Failures that are older are forgotten. */
const WINDOW_MS = 60_000;

const KEY = 'circuit';
const reject = rejections(KEY);

interface State {
  readonly state: 'closed' | 'open' | 'half-open';
  readonly failureCount: number;
  readonly successCount: number;
  readonly nextAttempt: number;
  readonly lastFailureTime: number;
  readonly consecutiveOpens: number;
}

const INITIAL: State = {
  state: 'closed',
  failureCount: 0,
  successCount: 0,
  nextAttempt: 0,
  lastFailureTime: 0,
  consecutiveOpens: 0,
};

const stateIn = (item: Item | undefined): State =>
  item ? ({ ...INITIAL, ...item } as unknown as State) : INITIAL;

function succeeded(before: State): State {
  if (before.state !== 'half-open') return before;
  const successCount = before.successCount + 1;
  return successCount < SUCCESS_THRESHOLD
    ? { ...before, successCount }
    : { ...before, state: 'closed', successCount: 0, failureCount: 0, consecutiveOpens: 0 };
}

function failed(before: State, now: number): State {
  const counted = { ...before, failureCount: before.failureCount + 1, lastFailureTime: now };
  const isProbe = before.state === 'half-open';
  if (!isProbe && counted.failureCount < FAILURE_THRESHOLD) return counted;
  const consecutiveOpens = isProbe ? before.consecutiveOpens + 1 : 0;
  const openMs = Math.min(OPEN_MS * 2 ** consecutiveOpens, MAX_OPEN_MS);
  return { ...counted, state: 'open', consecutiveOpens, nextAttempt: now + openMs };
}

function forgetOld(state: State, clock: Clock): State {
  const isOld = clock.now() - state.lastFailureTime > WINDOW_MS;
  return state.state === 'closed' && isOld ? { ...state, failureCount: 0 } : state;
}

function guard({ clock, store }: GuardTools): Guard {
  /** Kept while the store cannot be read. */
  let last = INITIAL;

  const load = async () => {
    try {
      last = stateIn(await store.get(KEY, { isEventual: true }));
    } catch {
      // What was known stands, in the beginning that it is closed.
    }
    last = forgetOld(last, clock);
    return last;
  };
  const save = async (state: State) => {
    try {
      await store.put(KEY, { ...state, stateTimestamp: clock.now(), schemaVersion: 1 });
    } catch {
      // The caller gets the answer all the same.
    }
  };
  const permit = (state: State): CallPermit => ({
    isProbe: state.state === 'half-open',
    record: (outcome) => save(outcome.failed ? failed(state, clock.now()) : succeeded(state)),
  });

  return {
    async admit() {
      const state = await load();
      if (state.state !== 'open') return permit(state);
      const waitMs = state.nextAttempt - clock.now();
      if (waitMs > 0) return reject(waitMs);
      const halfOpen: State = { ...state, state: 'half-open', successCount: 0 };
      await save(halfOpen);
      return permit(halfOpen);
    },
  };
}

/** The algorithm of circuitbreaker-lambda. */
export const circuitBreakerLambda: Subject = { key: KEY, guard };
