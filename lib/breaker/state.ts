import type { BreakerState } from '../core/breaker-event.ts';
import type { Moment } from '../core/moment.ts';
import type { Item } from '../core/store.ts';
import { breakerKey } from '../core/table-layout.ts';
import * as limits from './constants.ts';

/** The state of one breaker, which all environments share through one item. Half-open and the ramp are derived from it. */
export interface StoredState {
  /** Grows by one with every write, which is conditional on it. 0: nothing is stored. */
  readonly version: number;
  /** Grows by one with every change of state: outcomes from before it do not count. */
  readonly epoch: number;
  readonly state: 'closed' | 'open' | 'forced-open' | 'forced-closed';
  /** Open: no probe before this moment, and the claimed one has until then. Forced: until then it is. Epoch milliseconds. */
  readonly until: number;
  /** When the state began. Epoch milliseconds. */
  readonly since: number;
  /** Whether it opened again soon after it had closed, and so stays open longer. */
  readonly isRelapse: boolean;
  /** Whether an environment has claimed the probe and not reported its outcome. */
  readonly isProbing: boolean;
  /** Probes in a row that have succeeded. */
  readonly successes: number;
  /** Calls a second of all environments. 0: unknown. */
  readonly rate: number;
  /** What the call failed with that opened it, or the last probe: a name, code or status. */
  readonly cause: string;
  /** Who forced it, or `''`. */
  readonly by: string;
}

/** What there is before anything was stored. */
export const INITIAL: StoredState = {
  ...{ version: 0, epoch: 0, state: 'closed', until: 0, since: 0, isRelapse: false },
  ...{ isProbing: false, successes: 0, rate: 0, cause: '', by: '' },
};

export { breakerKey as stateKey };

export const writeState = (state: StoredState): Item => ({ v: limits.SCHEMA_VERSION, ...state });

const upTo = (max: number) => (value: unknown) => typeof value === 'number' && value >= 0 && value <= max;
const isVersion = (value: unknown) => Number.isInteger(value) && upTo(limits.MAX_VERSION)(value);
const isFlag = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => typeof value === 'string' && value.length <= limits.MAX_TEXT;

/** Whether an attribute can hold a value. */
const PLAUSIBLE: Readonly<Record<keyof StoredState, (value: unknown) => boolean>> = {
  // The first that is stored is 1: what is made of 0 is made of nothing.
  version: (value) => isVersion(value) && value !== 0,
  epoch: isVersion,
  state: (value) => ['closed', 'open', 'forced-open', 'forced-closed'].includes(value as string),
  until: upTo(limits.MAX_EPOCH_MS),
  since: upTo(limits.MAX_EPOCH_MS),
  isRelapse: isFlag,
  isProbing: isFlag,
  successes: upTo(limits.SHARED_PROBES),
  rate: upTo(limits.MAX_STORED_RATE),
  cause: isText,
  by: isText,
};

/** A stored state, or why the item is none and what to do about it. */
export type Reading =
  | { readonly state: StoredState; readonly unreadable?: undefined }
  | { readonly state?: undefined; readonly unreadable: string };

/** Checks type and range of whatever is stored. Its times are checked where they are used, by `stateNow`. */
export function readState(name: string, item: Item | undefined): Reading {
  if (item === undefined) return { state: INITIAL };
  const owner = `the item "${breakerKey(name)}"`;
  if (Number(item['v']) > limits.SCHEMA_VERSION)
    return { unreadable: `${owner} is of a later version; update fibrin` };
  const attributes = Object.entries(PLAUSIBLE);
  const wrong =
    item['v'] === limits.SCHEMA_VERSION
      ? attributes.find(([name, isPlausible]) => !isPlausible(item[name]))?.[0]
      : 'v';
  if (wrong) return { unreadable: `${owner} has an implausible "${wrong}"; delete it to start closed` };
  const values: unknown = Object.fromEntries(attributes.map(([name]) => [name, item[name]]));
  return { state: values as StoredState };
}

/** What a stored state means at a moment. Times in milliseconds. */
export interface StateNow {
  readonly kind: StoredState['state'];
  /** How long it lasts, or no probe may be made. 0: that is over, or it is closed. */
  readonly waitMs: number;
  /** How long ago that was over. */
  readonly freeMs: number;
  /** How long it has been so. */
  readonly ageMs: number;
  /** Whether its end was later than it can be. */
  readonly isCapped: boolean;
}

/** The longest that a state can last from the moment in which it was written. */
function longestMs({ state, isProbing, isRelapse, successes }: StoredState, openMs: number): number {
  if (state !== 'open') return limits.MAX_FORCED_MS;
  // Between the probes of a row the next one may be claimed at once.
  if (successes > 0 && !isProbing) return 0;
  // After a probe that failed it stays open until the claim ends.
  const factor = isRelapse && !isProbing ? limits.RELAPSE_FACTOR : limits.CLAIM_FACTOR;
  return openMs * factor * (1 + limits.JITTER);
}

/**
 * What a state means now that was first read at some moment. Its times are by the clock of the environment that wrote it, which
 * may be a day off: an end is believed no further than `openMs` allows from the first reading, and a beginning in the future is
 * the moment of that reading. Time passes by the clock that went further: a wall clock may be set back, a monotonic one stops in
 * a freeze.
 */
export function stateNow(stored: StoredState, readAt: Moment, now: Moment, openMs: number): StateNow {
  const { state, until, since } = stored;
  const sinceReadMs = Math.max(0, now.wall - readAt.wall, now.monotonic - readAt.monotonic);
  const toldMs = until - readAt.wall;
  const mostMs = longestMs(stored, openMs);
  const leftMs = state === 'closed' ? 0 : Math.min(toldMs, mostMs) - sinceReadMs;
  const ageMs = Math.max(0, readAt.wall - since) + sinceReadMs;
  // An override ends by itself: one that was closed decides again, one that was open may be probed.
  const next = state.endsWith('closed') ? 'closed' : 'open';
  return {
    kind: leftMs > 0 ? state : next,
    waitMs: Math.max(0, leftMs),
    freeMs: Math.max(0, -leftMs),
    ageMs,
    isCapped: toldMs > mostMs,
  };
}

/** What the state is called: half-open while a probe is made, and between the probes of a row. */
export const stateName = ({ isProbing, successes }: StoredState, { kind, waitMs }: StateNow): BreakerState =>
  kind === 'open' && (successes > 0 || (isProbing && waitMs > 0)) ? 'half-open' : kind;
