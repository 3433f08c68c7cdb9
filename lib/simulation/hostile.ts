import type { AttributeValue, Item } from '../core/store.ts';

/*
 * Items as a bug, a script or an attacker with access to the table may leave them. Attributes are those of the shared state;
 * the names of the counts are not known here.
 */

const YEAR_3000 = Date.UTC(3_000, 0);

/** Attributes that a state has in any case. */
const EXAMPLE: Item = {
  ...{ state: 'closed', until: 0, since: 0, isProbing: false, version: 1, rate: 0, epoch: 0 },
};

const eachValue = (item: Item, change: (value: AttributeValue) => AttributeValue): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, change(value)]));

const numbers = (item: Item, value: number): Item =>
  eachValue(item, (old) => (typeof old === 'number' ? value : old));

const plus = (item: Item, name: string, amount: number): number => Number(item[name] ?? 0) + amount;

const wrongTypes = (item: Item): Item => eachValue(item, (value) => (typeof value === 'number' ? 'soon' : 7));

export type GarbageState =
  | 'wrong-types'
  | 'unknown-state'
  | 'missing-attributes'
  | 'no-attributes'
  | 'huge-rate'
  | 'huge-version'
  | 'huge-since'
  | 'closed-until-3000'
  | 'open-until-3000'
  | 'huge-numbers'
  | 'later-schema';

/** Makes garbage of the item that it replaces. */
type Spoil = (item: Item) => Item;

/** The next version of the state with some attributes changed. */
const next = (item: Item, changes: Item): Item => ({
  ...item,
  ...{ version: plus(item, 'version', 1) },
  ...changes,
});

const GARBAGE_STATES: Readonly<Record<GarbageState, Spoil>> = {
  'wrong-types': wrongTypes,
  'unknown-state': (item) => next(item, { state: 'banana' }),
  'missing-attributes': ({ v, state }) => ({ ...(v !== undefined && { v }), state: state ?? 'closed' }),
  'no-attributes': () => ({}),
  'huge-rate': (item) => next(item, { rate: 1e9 }),
  'huge-version': (item) => next(item, { version: 2 ** 60 }),
  'huge-since': (item) => next(item, { since: 1e21 }),
  'closed-until-3000': (item) => next(item, { until: YEAR_3000 }),
  'open-until-3000': (item) => next(item, { state: 'open', until: YEAR_3000, epoch: plus(item, 'epoch', 1) }),
  'huge-numbers': (item) => numbers(item, 1e9),
  'later-schema': (item) => next(item, { v: plus(item, 'v', 1) }),
};

export type GarbageCounts = 'wrong-types' | 'no-attributes' | 'huge-numbers' | 'negative-numbers';

const GARBAGE_COUNTS: Readonly<Record<GarbageCounts, Spoil>> = {
  'wrong-types': wrongTypes,
  'no-attributes': () => ({}),
  'huge-numbers': (item) => numbers(item, 1e120),
  'negative-numbers': (item) => numbers(item, -1e9),
};

export const GARBAGE_STATE_NAMES: readonly GarbageState[] = Object.keys(GARBAGE_STATES) as GarbageState[];
export const GARBAGE_COUNTS_NAMES: readonly GarbageCounts[] = Object.keys(GARBAGE_COUNTS) as GarbageCounts[];

/** Which item is replaced by what. */
export type Hostile =
  | { readonly item: 'state'; readonly garbage: GarbageState }
  | { readonly item: 'counts'; readonly garbage: GarbageCounts };

/** The same at a moment: milliseconds from the onset on, negative before it. */
export type HostileItem = Hostile & { readonly atMs: number };

/** @param current The item that is replaced, where there is one. */
export const garbageOf = (hostile: Hostile, current: Item | undefined): Item =>
  hostile.item === 'state'
    ? GARBAGE_STATES[hostile.garbage]({ ...EXAMPLE, ...current })
    : GARBAGE_COUNTS[hostile.garbage](current ?? {});
