import type { Condition, Item } from '../core/store.ts';

/**
 * The verdict of one breaker, shared by every sandbox through one item. Two states are stored; half-open is derived: the
 * breaker is open and somebody holds the probe. `epoch` grows with every change of state and fences late writers.
 */
export interface Verdict {
  readonly epoch: number;
  readonly state: 'closed' | 'open';
  /** Open: nobody calls before this moment, and the holder of a probe has until then. Epoch milliseconds. */
  readonly until: number;
  /** When the state began. Epoch milliseconds. */
  readonly since: number;
  /** The sandbox that holds the probe, or `''`. */
  readonly prober: string;
}

/** Version of the item's shape, so that old and new code can tell each other's items apart. */
const SCHEMA_VERSION = 1;

const KEY_PREFIX = 'breaker#';
export const verdictKey = (name: string): string => `${KEY_PREFIX}${name}`;
/** The breaker's name when the key is that of a verdict. */
export const breakerNameOf = (key: string): string | undefined =>
  key.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : undefined;

export const INITIAL: Verdict = { epoch: 0, state: 'closed', until: 0, since: 0, prober: '' };

/** Reads an item; undefined when it is not a verdict that this version understands. */
export function readVerdict(item: Item): Verdict | undefined {
  const { v, epoch, state, until, since, prober } = item;
  const numbers = [epoch, until, since].every(Number.isFinite);
  if (
    v !== SCHEMA_VERSION ||
    !numbers ||
    (state !== 'closed' && state !== 'open') ||
    typeof prober !== 'string'
  ) {
    return undefined;
  }
  return { epoch: epoch as number, state, until: until as number, since: since as number, prober };
}

export function writeVerdict(verdict: Verdict): Item {
  return { v: SCHEMA_VERSION, ...verdict };
}

/** How a verdict is called where people read it. */
export function stateName(verdict: Verdict): 'closed' | 'open' | 'half-open' {
  if (verdict.state === 'closed') return 'closed';
  return verdict.prober === '' ? 'open' : 'half-open';
}

/** What a caller may do under a verdict: call, be refused, or ask for the one probe. */
export type Admission =
  | { readonly kind: 'call' }
  | { readonly kind: 'refuse'; readonly retryAfterMs: number }
  | { readonly kind: 'ask-for-probe' };

export function admit(verdict: Verdict, now: number): Admission {
  if (verdict.state === 'closed') return { kind: 'call' };
  return now < verdict.until
    ? { kind: 'refuse', retryAfterMs: verdict.until - now }
    : { kind: 'ask-for-probe' };
}

/** A change of the verdict: what to write, and the state of things in which alone it may be written. */
export interface Transition {
  readonly next: Verdict;
  readonly when: Condition;
}

const unchanged = (verdict: Verdict): Condition => {
  const same = [
    { attribute: 'epoch', is: '=', value: verdict.epoch },
    { attribute: 'state', is: '=', value: verdict.state },
    { attribute: 'until', is: '=', value: verdict.until },
    { attribute: 'prober', is: '=', value: verdict.prober },
  ] as const;
  return verdict.epoch === 0 ? ['absent', same] : [same];
};

/** Closed → open. Only from the very verdict under which the failures happened. */
export function trip(from: Verdict, now: number, openMs: number): Transition {
  const next: Verdict = { epoch: from.epoch + 1, state: 'open', until: now + openMs, since: now, prober: '' };
  return { next, when: unchanged(from) };
}

/**
 * Open → probing. One claim wins, since it changes `until`, which all claims are conditioned on. The lease is `until`:
 * a prober that dies holds nobody up for longer, and its failure needs no write.
 */
export function claimProbe(from: Verdict, now: number, leaseMs: number, prober: string): Transition {
  return { next: { ...from, until: now + leaseMs, prober }, when: unchanged(from) };
}

/** Probing → closed, by the holder of the probe alone: a thawed prober whose claim has passed on cannot close. */
export function closeAfterProbe(claim: Verdict, now: number): Transition {
  const next: Verdict = { epoch: claim.epoch + 1, state: 'closed', until: now, since: now, prober: '' };
  return { next, when: unchanged(claim) };
}
