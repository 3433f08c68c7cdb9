import type { Comparison, Condition } from '../core/store.ts';
import * as limits from './constants.ts';
import { INITIAL, type StoredState } from './state.ts';

/** A change of the stored state: what to write, and the condition under which alone it may be written. */
export interface Transition {
  readonly next: StoredState;
  readonly when: Condition;
}

/**
 * Every change is from one version: of all that are made from it one wins. After an operator has removed the item versions begin
 * again, and `since` tells two with the same number apart. An item of another shape is left as it is.
 */
function from({ version, since }: StoredState, next: StoredState): Transition {
  const isSame = Object.entries({ v: limits.SCHEMA_VERSION, version, since }).map(
    ([attribute, value]): Comparison => ({ attribute, is: '=', value }),
  );
  return { next: { ...next, version: version + 1 }, when: version === 0 ? ['absent'] : [isSame] };
}

/** Begins an epoch. Of the one before it only the rate stays. */
const begin = (before: StoredState, change: Partial<StoredState>): Transition =>
  from(before, { ...INITIAL, epoch: before.epoch + 1, rate: before.rate, ...change });

/** How long a breaker stays open: milliseconds, and a chance in [0, 1), so that not all act at the same moment. */
export interface Waits {
  readonly openMs: number;
  readonly chance: number;
}
const jittered = (ms: number, chance: number): number =>
  Math.round(ms * (1 + limits.JITTER * (2 * chance - 1)));

/** Closed → open, after it was closed for `ageMs`. */
export function trip(
  before: StoredState,
  now: number,
  { openMs, chance, ageMs, cause }: Waits & { readonly ageMs: number; readonly cause: string },
): Transition {
  const isRelapse = before.epoch > 0 && ageMs < limits.RELAPSE_MS;
  const until = now + jittered(openMs * (isRelapse ? limits.RELAPSE_FACTOR : 1), chance);
  return begin(before, { state: 'open', until, since: now, isRelapse, cause });
}

/**
 * Open → half-open. The claim lasts until `until`: an environment that dies while it probes delays the next probe no longer, and
 * since that one may have failed the row begins anew.
 */
export function claimProbe(before: StoredState, now: number, { openMs, chance }: Waits): Transition {
  const until = now + jittered(limits.CLAIM_FACTOR * openMs, chance);
  const successes = before.isProbing ? 0 : before.successes;
  return from(before, { ...before, state: 'open', until, isProbing: true, successes, by: '' });
}

/** A probe has succeeded: the next one may be claimed at once, and after a row of them the breaker closes. */
export function probeSucceeded(claim: StoredState, now: number): Transition {
  const successes = claim.successes + 1;
  return successes < limits.SHARED_PROBES
    ? from(claim, { ...claim, until: now, isProbing: false, successes })
    : begin(claim, { since: now });
}

/** A probe has failed: the next one is claimed when this claim ends, and begins the row anew. */
export const probeFailed = (claim: StoredState, cause: string): Transition =>
  from(claim, { ...claim, isProbing: false, successes: 0, cause });

/** A probe says nothing, such as when its caller gave up: the next one may be claimed at once. */
export const probeReleased = (claim: StoredState, now: number): Transition =>
  from(claim, { ...claim, until: now, isProbing: false });

/** Another rate was measured. What is stored first begins now, so that it differs from what is stored after a removal. */
export const publishRate = (before: StoredState, now: number, rate: number): Transition =>
  from(before, { ...before, rate, since: before.since || now });

/** Forced by an operator or by code, for so many milliseconds. */
export interface Forcing {
  readonly state: 'open' | 'closed';
  readonly forMs: number;
  readonly by: string;
}
export const force = (before: StoredState, now: number, { state, forMs, by }: Forcing): Transition =>
  begin(before, { state: `forced-${state}`, until: now + forMs, since: now, by });

/** It decides again: closed, and counts anew. Where all calls were admitted, it needs no ramp. */
export const unforce = (before: StoredState, now: number): Transition =>
  begin(before, { since: before.state === 'forced-closed' ? Math.min(before.since, now) : now });
