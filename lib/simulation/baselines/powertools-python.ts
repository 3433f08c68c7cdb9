import { rejections } from '../../breaker/rejection.ts';
import type { Condition, Item } from '../../core/store.ts';
import type { CallAdmission, CallPermit, Guard, GuardTools, Subject } from '../subject.ts';

/*
 * Written anew after https://docs.aws.amazon.com/powertools/python/latest/utilities/circuit_breaker/ (alpha), with its
 * defaults: each sandbox counts failures in a row by itself and opens the shared circuit at five; what was read is believed
 * for five seconds; one sandbox is elected by a conditional write to probe, and closes after three successes of its own.
 * Times are whole seconds. When a read fails the circuit counts as closed. Its names of attributes are not kept.
 */

const FAILURE_THRESHOLD = 5;
const SUCCESS_THRESHOLD = 3;
const RECOVERY_S = 30;
const CACHE_S = 5;

const KEY = 'circuit';
const reject = rejections(KEY);

interface State {
  readonly state: 'closed' | 'open' | 'half-open';
  readonly openedAt: number;
  readonly owner: string;
  readonly leaseUntil: number;
}

const CLOSED: State = { state: 'closed', openedAt: 0, owner: '', leaseUntil: 0 };

const stateIn = (item: Item | undefined): State =>
  item ? ({ ...CLOSED, ...item } as unknown as State) : CLOSED;

function guard({ index, clock, store }: GuardTools): Guard {
  const me = `sandbox-${index}`;
  let cached: { readonly state: State; readonly until: number } | undefined;
  let failures = 0;
  let successes = 0;
  let isProbing = false;
  let lastSeen: State['state'] = 'closed';

  const now = () => Math.floor(clock.now() / 1_000);
  const remember = (state: State): State => {
    cached = { state, until: now() + CACHE_S };
    return state;
  };
  const load = async (): Promise<State> => {
    if (cached && now() < cached.until) return cached.state;
    try {
      return remember(stateIn(await store.get(KEY, { isEventual: true })));
    } catch {
      return CLOSED;
    }
  };
  const save = async (state: State) => {
    try {
      await store.put(KEY, { ...state });
      remember(state);
    } catch {
      // The caller gets the answer all the same.
    }
  };
  const elect = async (seen: State): Promise<boolean> => {
    const claim: State = { ...seen, state: 'half-open', owner: me, leaseUntil: now() + RECOVERY_S };
    const isSame = { attribute: 'openedAt', is: '=', value: seen.openedAt } as const;
    const when: Condition = [
      [{ attribute: 'state', is: '=', value: 'open' }, isSame],
      [
        { attribute: 'state', is: '=', value: 'half-open' },
        isSame,
        { attribute: 'leaseUntil', is: '<', value: now() },
      ],
    ];
    // A store failure here reaches the caller: the call is not made.
    const { applied } = await store.put(KEY, { ...claim }, { when });
    if (applied) remember(claim);
    return applied;
  };

  const caller: CallPermit = {
    record({ failed }) {
      failures = failed ? failures + 1 : 0;
      if (failures < FAILURE_THRESHOLD) return undefined;
      failures = 0;
      return save({ ...CLOSED, state: 'open', openedAt: now() });
    },
  };
  const prober: CallPermit = {
    isProbe: true,
    record({ failed }) {
      isProbing = false;
      successes = failed ? 0 : successes + 1;
      if (failed) return save({ ...CLOSED, state: 'open', openedAt: now() });
      if (successes < SUCCESS_THRESHOLD) return undefined;
      successes = 0;
      failures = 0;
      return save(CLOSED);
    },
  };
  const mayProbe = (state: State): boolean | Promise<boolean> => {
    if (isProbing) return false;
    if (state.state === 'half-open' && state.owner === me) return true;
    const dueAt = state.state === 'open' ? state.openedAt + RECOVERY_S : state.leaseUntil;
    return now() >= dueAt && elect(state).catch(() => false);
  };
  const route = (state: State): CallAdmission | Promise<CallAdmission> => {
    const before = lastSeen;
    lastSeen = state.state;
    if (state.state === 'closed') {
      if (before !== 'closed') failures = 0;
      return caller;
    }
    return Promise.resolve(mayProbe(state)).then((may) => {
      if (!may || isProbing) return reject(1_000);
      isProbing = true;
      return prober;
    });
  };
  // What is cached and closed needs no promise.
  return {
    admit: () =>
      cached && now() < cached.until ? route(cached.state) : load().then((state) => route(state)),
  };
}

/** The algorithm of the circuit breaker of Powertools for AWS Lambda (Python). */
export const powertoolsPython: Subject = { key: KEY, guard };
