import { INITIAL, type StoredState } from '../../../lib/breaker/state.ts';

/** What an environment may do to the stored state. */
export type Change = 'trip' | 'closing' | 'rate' | 'claim' | 'success' | 'failure' | 'release';

/** Whether two states are the same in all but their version and some attributes. */
function isSameBut(before: StoredState, next: StoredState, ...but: readonly (keyof StoredState)[]): boolean {
  const attributes = Object.keys(INITIAL) as (keyof StoredState)[];
  return attributes
    .filter((each) => each !== 'version' && !but.includes(each))
    .every((each) => before[each] === next[each]);
}

/**
 * A change of state begins an epoch: of the one before it only the rate stays. States that have always been closed are the same
 * in all but that, also before and after a removal.
 */
function beginningOf(before: StoredState, next: StoredState): Change | undefined {
  const { rate } = before.since === 0 ? next : before;
  const fresh = { ...INITIAL, epoch: before.epoch + 1, rate };
  if (isSameBut({ ...fresh, state: 'open' }, next, 'until', 'since', 'isRelapse', 'cause'))
    return before.state === 'closed' || before.state === 'forced-closed' ? 'trip' : undefined;
  return isSameBut(fresh, next, 'since') && before.isProbing ? 'closing' : undefined;
}

/** What was recorded of the probe that was claimed. */
function recordOf(claim: StoredState, next: StoredState): Change | undefined {
  if (isSameBut({ ...claim, isProbing: false, successes: 0 }, next, 'cause')) return 'failure';
  if (isSameBut({ ...claim, isProbing: false }, next, 'until')) return 'release';
  return isSameBut({ ...claim, isProbing: false, successes: claim.successes + 1 }, next, 'until')
    ? 'success'
    : undefined;
}

/** Which change a write is, in the plainest words. Undefined: none that the protocol has. */
export function changeOf(before: StoredState, next: StoredState): Change | undefined {
  if (next.epoch !== before.epoch) return beginningOf(before, next);
  const isClosed = before.state === 'closed' || before.state === 'forced-closed';
  // Of a closed state no other attribute means anything.
  // What is stored first begins with that.
  const isSince = before.since === 0 || next.since === before.since;
  if (isClosed) return next.state === before.state && isSince ? 'rate' : undefined;
  if (!next.isProbing) return before.isProbing ? recordOf(before, next) : undefined;
  const successes = before.isProbing ? 0 : before.successes;
  const claim: StoredState = { ...before, state: 'open', isProbing: true, successes, by: '' };
  return isSameBut(claim, next, 'until') ? 'claim' : undefined;
}
