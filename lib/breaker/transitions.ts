import type { Condition } from '../core/store.ts';
import { itemsFor } from './shares.ts';
import { INITIAL, type Verdict } from './verdict.ts';

/** A change of the verdict: what to write, and the state of things in which alone it may be written. */
export interface Transition {
  readonly next: Verdict;
  readonly when: Condition;
}

/**
 * Every change is from one very verdict: of all that are made from it one wins, and the others see what it has made. After
 * somebody has removed the item versions begin again, and `since` tells which of two with the same one it is.
 */
const from = ({ version, since, items }: Verdict, next: Verdict): Transition => ({
  // Those who know of a copy go on reading it, so that there are never fewer.
  next: { ...next, version: version + 1, items: Math.max(items, itemsFor(next.rate)) },
  when:
    version === 0
      ? ['absent']
      : [
          [
            { attribute: 'version', is: '=', value: version },
            { attribute: 'since', is: '=', value: since },
          ],
        ],
});

/** Begins an epoch. Of the one before it only what is known about the traffic stays. */
const begin = (before: Verdict, what: Partial<Verdict>): Transition =>
  from(before, { ...INITIAL, epoch: before.epoch + 1, rate: before.rate, ...what });

/** What the waits of a breaker are made of. `chance` is in [0, 1): a fleet must not do things in the same moment. */
export interface Waits {
  readonly openMs: number;
  readonly chance: number;
}

/** Two per cent more or less. */
const about = (ms: number, chance: number): number => Math.round(ms * (0.98 + 0.04 * chance));

/** It opened again so soon after it had closed: the dependency was not well, and is left alone for longer. */
const RELAPSE_MS = 30_000;
const RELAPSE_TIMES = 4;
/** A probe is waited for longer than it was open. */
const PROBE_TIMES = 1.35;

/** Closed → open. */
export function trip(before: Verdict, now: number, { openMs, chance }: Waits): Transition {
  const isRelapse = before.epoch > 0 && now - before.since < RELAPSE_MS;
  const until = now + about(isRelapse ? RELAPSE_TIMES * openMs : openMs, chance);
  return begin(before, { state: 'open', until, since: now });
}

/**
 * Open → probing. The lease is `until`: a prober that dies holds nobody up for longer, and since it may have seen a
 * failure the row begins anew. What was forced open until now is open like any other from here on.
 * @param rate What is known of it meanwhile. Calls a second.
 */
export function claimProbe(
  before: Verdict,
  now: number,
  { openMs, chance }: Waits,
  rate: number = before.rate,
): Transition {
  const until = now + about(PROBE_TIMES * openMs, chance);
  return from(before, {
    ...before,
    state: 'open',
    until,
    claims: before.claims + 1,
    isProbing: true,
    successes: before.isProbing ? 0 : before.successes,
    rate,
    by: '',
  });
}

/**
 * A probe has succeeded: the next one may be claimed at once, and after `probes` of them the breaker closes. By whoever
 * has claimed it alone: a thawed prober whose claim has passed on changes nothing.
 */
export function probeSucceeded(claim: Verdict, now: number, probes: number): Transition {
  const successes = claim.successes + 1;
  return successes < probes
    ? from(claim, { ...claim, until: now, claims: 0, isProbing: false, successes })
    : begin(claim, { state: 'closed', since: now });
}

/** A probe has failed: the next one is claimed when the lease ends, and begins the row anew. */
export const probeFailed = (claim: Verdict): Transition =>
  from(claim, { ...claim, isProbing: false, successes: 0 });

/** A probe came to nothing, such as when its caller gave up: the next one may be claimed at once. */
export const probeAbandoned = (claim: Verdict, now: number): Transition =>
  from(claim, { ...claim, until: now, isProbing: false });

/** What the evidence says about the traffic. */
export const publish = (
  before: Verdict,
  traffic: Partial<Pick<Verdict, 'rate' | 'retryShare'>>,
): Transition => from(before, { ...before, ...traffic });

export interface Forcing {
  readonly state: 'open' | 'closed';
  readonly forMs: number;
  /** Who does it. */
  readonly by: string;
}

/** Open or closed by hand, for so long. */
export const force = (before: Verdict, now: number, { state, forMs, by }: Forcing): Transition =>
  begin(before, { state: `forced-${state}`, until: now + forMs, since: now, by });

/** Decides for itself again: closed, and counts anew. Where all calls were made anyway it need not begin with a few. */
export const unforce = (before: Verdict, now: number): Transition =>
  begin(before, { since: before.state === 'forced-closed' ? before.since : now });
