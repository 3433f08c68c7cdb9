import { hash } from 'node:crypto';
import type { Condition, Item } from '../core/store.ts';
import { EXPIRY_ATTRIBUTE } from '../core/table-layout.ts';
import { isOlder } from './entries.ts';
import type { Version } from './tier.ts';

/*
 * The item of a key in the shared tier, and who may write it. Each write gives it an id of its own and takes the place of the one item
 * that its writer has seen. A lease is a write too, and changes nothing of what is known of the key: so each item says which write has
 * brought that. Nothing here asks a clock or a store.
 */

/** A value in the table. */
export interface StoredValue {
  /** Its JSON text. There is none of undefined. */
  readonly text: string | undefined;
  /** When the load that brought it began. Milliseconds since the epoch. */
  readonly since: number;
  readonly freshMs: number;
}

/** What the table holds of a key. */
export interface Stored {
  /** Of the write. Undefined: there is no item, or one that no cache has written. */
  readonly id: string | undefined;
  readonly isAbsent: boolean;
  /** The id of the write that has brought what is known: a value, or an invalidation. Undefined: nothing is. */
  readonly knownBy?: string | undefined;
  /** Absent where the key was invalidated, or is being loaded for the first time. */
  readonly value?: StoredValue | undefined;
  /** Of the value, or the least that one must have after an invalidation. */
  readonly version?: Version | undefined;
  /** Until when another environment loads it. Milliseconds since the epoch. */
  readonly loadingUntil?: number | undefined;
}

/** What is written. A lease names by which write what is known is known; any other change is one itself. */
export type Change = Omit<Stored, 'id' | 'isAbsent'>;

/** What a change says when it is written. */
export const written = (id: string, change: Change): Stored => ({
  ...{ id, isAbsent: false },
  ...change,
  knownBy: change.loadingUntil === undefined ? id : change.knownBy,
});

/** What lets others wait for a load. It goes on being what was known. */
export const leaseOn = ({ knownBy, value, version }: Stored, loadingUntil: number): Change => ({
  ...{ knownBy, value, version, loadingUntil },
});

const NOTHING: Stored = { id: undefined, isAbsent: true };
const UNREADABLE: Stored = { id: undefined, isAbsent: false };

/** A clock of another environment that is further ahead than this is wrong. Milliseconds: a minute, far beyond what NTP leaves. */
const MAX_AHEAD_MS = 60_000;
/** What an invalidation must outlive is a load that began before it. Seconds: an hour, four times the longest function. */
const KEPT_S = 3_600;

const secondsOf = (ms: number): number => Math.ceil(ms / 1_000);

/** Shows that value and dates are those that were written, under this key. */
function proofOf(key: string, { text, since, freshMs }: StoredValue, version: Version | undefined): string {
  return hash('sha256', JSON.stringify([key, text, since, freshMs, version]), 'base64url');
}

/**
 * The item of a change.
 * @param staleMs For how long after it was fresh a value is of use. Milliseconds.
 */
export function itemOf(
  key: string,
  { id = '', knownBy, value, version, loadingUntil }: Stored,
  { now, staleMs }: { readonly now: number; readonly staleMs: number },
): Item {
  const valueEndsAt = value ? value.since + value.freshMs + staleMs : now;
  return {
    id,
    ...(knownBy !== undefined && { knownBy }),
    ...(value && {
      since: value.since,
      freshMs: value.freshMs,
      proof: proofOf(key, value, version),
      ...(value.text !== undefined && { value: value.text }),
    }),
    ...(version !== undefined && { version }),
    ...(loadingUntil !== undefined && { loadingUntil }),
    [EXPIRY_ATTRIBUTE]: secondsOf(Math.max(valueEndsAt, now)) + KEPT_S,
  };
}

const isVersion = (version: unknown): version is Version | undefined =>
  version === undefined || typeof version === 'number' || typeof version === 'string';

/** A value with its proof. 'corrupted' where there is something else. */
function storedValueOf(key: string, item: Item, now: number): StoredValue | 'corrupted' | undefined {
  const { since, freshMs, value: text, proof, version } = item;
  if (proof === undefined && since === undefined && text === undefined) return undefined;
  if (typeof since !== 'number' || typeof freshMs !== 'number' || typeof text === 'number')
    return 'corrupted';
  if (typeof text === 'boolean' || !isVersion(version)) return 'corrupted';
  const value = { text, since, freshMs };
  const isWhole = proof === proofOf(key, value, version) && since <= now + MAX_AHEAD_MS;
  return isWhole ? value : 'corrupted';
}

/** Reads an item as another environment has written it, or anything else. */
export function storedOf(
  key: string,
  item: Item | undefined,
  now: number,
): { readonly stored: Stored; readonly isCorrupted: boolean } {
  if (item === undefined) return { stored: NOTHING, isCorrupted: false };
  const { id, knownBy: by, version, loadingUntil: until } = item;
  if (typeof id !== 'string') return { stored: UNREADABLE, isCorrupted: true };
  const value = storedValueOf(key, item, now);
  const known = { id, isAbsent: false, knownBy: typeof by === 'string' ? by : undefined };
  if (value === 'corrupted' || !isVersion(version)) return { stored: known, isCorrupted: true };
  const loadingUntil = typeof until === 'number' ? until : undefined;
  return { stored: { ...known, value, version, loadingUntil }, isCorrupted: false };
}

/** That the item is the one that was seen. Undefined: what no cache has written gives way to anything. */
export function whenSeen({ id, isAbsent }: Stored): Condition | undefined {
  if (isAbsent) return ['absent'];
  return id === undefined ? undefined : [[{ attribute: 'id', is: '=', value: id }]];
}

/**
 * Whether a value that was loaded may take the place of an item. Where that says what was known when the load began: unless its
 * version shows that it is older. Where a load, a write or an invalidation came since: only if its version shows that it is newer.
 */
export function mayReplace(current: Stored, seen: Stored, version: Version | undefined): boolean {
  if (isOlder(version, current.version)) return false;
  if (current.knownBy === seen.knownBy) return true;
  return isOlder(current.version, version);
}

/**
 * What an invalidation writes. Undefined: nothing, since what is there is new enough.
 * @param least The least version that a value may have from now on.
 */
export function invalidated({ version }: Stored, least: Version | undefined): Change | undefined {
  const isComparable = least !== undefined && typeof version === typeof least;
  if (isComparable && !isOlder(version, least)) return undefined;
  return { version: least ?? version };
}
