import type { BreakerState } from '../core/breaker-event.ts';
import type { Item } from '../core/store.ts';

/**
 * The verdict of one breaker, shared by every sandbox through one item. Half-open is derived: it is open and a probe is
 * being made. So is the ramp: it has just closed.
 */
export interface Verdict {
  /** Grows by one with every write, and fences all others that were made from the same verdict. 0: nobody has written. */
  readonly version: number;
  /** Grows by one with every change of state: evidence from before it says nothing about what is now. */
  readonly epoch: number;
  readonly state: 'closed' | 'open' | 'forced-open' | 'forced-closed';
  /**
   * Open: nobody calls before this moment, and whoever makes the probe has until then. Forced: until then it is. Epoch
   * milliseconds.
   */
  readonly until: number;
  /** When the state began: fences too, after somebody has removed the item. Epoch milliseconds. */
  readonly since: number;
  /** Probes that were claimed since it opened or since one succeeded: for whoever looks, nothing follows from it. */
  readonly claims: number;
  /** Whether somebody has claimed the probe and not told what came of it. */
  readonly isProbing: boolean;
  /** Probes in a row that have succeeded. */
  readonly successes: number;
  /** How many calls a second the whole fleet makes, as its evidence says. 0: nobody knows. */
  readonly rate: number;
  /** How many items hold it: the first, which alone decides, and copies for large fleets to read. Never falls. */
  readonly items: number;
  /** What share of the failed calls the fleet can afford to make once more. Fraction. */
  readonly retryShare: number;
  /** Who forced it, or `''`. */
  readonly by: string;
}

/**
 * Version of the item's shape. A later one may add attributes and keep the number: they are ignored here, and have a
 * default there where this code has left them out. An item with a higher number is not understood, and left alone.
 */
const SCHEMA_VERSION = 2;

const KEY_PREFIX = 'breaker#';
export const verdictKey = (name: string): string => `${KEY_PREFIX}${name}`;
/** Of the nth copy, for large fleets to read. */
export const copyKey = (name: string, copy: number): string => `breaker-copy#${copy}#${name}`;
/** The breaker's name when the key is that of a verdict. */
export const breakerNameOf = (key: string): string | undefined =>
  key.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : undefined;

/** What the first sandbox of a fleet finds. */
export const INITIAL: Verdict = {
  version: 0,
  epoch: 0,
  state: 'closed',
  until: 0,
  since: 0,
  claims: 0,
  isProbing: false,
  successes: 0,
  rate: 0,
  items: 1,
  retryShare: 1,
  by: '',
};

const STATES: readonly unknown[] = ['closed', 'open', 'forced-open', 'forced-closed'];
const ATTRIBUTES = Object.entries(INITIAL);

const isLike = (value: unknown, example: unknown): boolean =>
  typeof value === typeof example && (typeof value !== 'number' || Number.isFinite(value));

/** Reads an item; undefined when it is not a verdict that this version understands. */
export function readVerdict(item: Item): Verdict | undefined {
  const isKnown =
    item['v'] === SCHEMA_VERSION &&
    STATES.includes(item['state']) &&
    ATTRIBUTES.every(([name, example]) => isLike(item[name], example));
  if (!isKnown) return undefined;
  return Object.fromEntries(ATTRIBUTES.map(([name]) => [name, item[name]])) as unknown as Verdict;
}

/** Whether an item is a verdict of a version that is not understood here. */
export const isOfLaterVersion = (item: Item): boolean => Number(item['v']) > SCHEMA_VERSION;

/** Why an item cannot be read. */
export const whyUnreadable = (item: Item): string =>
  isOfLaterVersion(item) ? 'of a later version of fibrin' : 'not the state of a breaker';

export const writeVerdict = (verdict: Verdict): Item => ({ v: SCHEMA_VERSION, ...verdict });

/** What a verdict is worth now: what somebody has forced ends by itself. */
export function asOf(verdict: Verdict, now: number): Verdict {
  if (now < verdict.until) return verdict;
  if (verdict.state === 'forced-closed') return { ...verdict, state: 'closed' };
  // Its time is over: the next caller may probe.
  return verdict.state === 'forced-open' ? { ...verdict, state: 'open' } : verdict;
}

/** What the state is called where people look at it: half-open while a probe is being made. */
export function stateName(verdict: Verdict, now: number): BreakerState {
  const { state, isProbing, until } = asOf(verdict, now);
  return state === 'open' && isProbing && now < until ? 'half-open' : state;
}
