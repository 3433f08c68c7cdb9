import {
  MAX_EPOCH_MS,
  MAX_STORED_RATE,
  MAX_TEXT,
  MAX_VERSION,
  SHARED_PROBES,
} from '../../../lib/breaker/constants.ts';
import type { Item } from '../../../lib/core/store.ts';
import { SLOT_MS } from './reports.ts';

const YEAR_MS = 31_536_000_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** As high as versions and epochs can be in a schedule, and all that follow can still be read. */
const HIGH = MAX_VERSION - 10_000;

/** What attributes of a state item are changed to. Undefined: the attribute is missing. */
type Changes = Readonly<Record<string, unknown>>;

/** Wrong types and implausible values. */
const UNREADABLE: readonly Changes[] = [
  ...[undefined, 2, 4, '3'].map((v) => ({ v })),
  ...['ajar', 7, undefined].map((state) => ({ state })),
  ...['soon', -1, MAX_EPOCH_MS + 1, true].map((until) => ({ until })),
  ...['now', -1, undefined].map((since) => ({ since })),
  ...['7', -1, 0, 0.5, MAX_VERSION + 1].map((version) => ({ version })),
  ...['7', -1, 1.5, MAX_VERSION * 4].map((epoch) => ({ epoch })),
  ...[1, 'true'].map((isProbing) => ({ isProbing })),
  ...['1', -1, SHARED_PROBES + 1].map((successes) => ({ successes })),
  ...['10', -1, MAX_STORED_RATE * 10].map((rate) => ({ rate })),
  { isRelapse: 0 },
  { cause: 'x'.repeat(MAX_TEXT + 1) },
  { by: 7 },
];

/** Values that a breaker may believe, though none has written them. */
const READABLE: readonly ((now: number) => Changes)[] = [
  ...[0, 1, MAX_EPOCH_MS].map((until) => () => ({ until })),
  ...[-YEAR_MS, -DAY_MS, DAY_MS, YEAR_MS].map((ms) => (now: number) => ({ until: now + ms })),
  ...[-YEAR_MS, DAY_MS, YEAR_MS].map((ms) => (now: number) => ({ since: now + ms })),
  ...[1, 1_000, HIGH].map((version) => (now: number) => ({ version, since: now })),
  ...[0, 7, HIGH].map((epoch) => () => ({ epoch })),
  ...[0.5, SHARED_PROBES].map((successes) => () => ({ successes })),
  ...[0, 7, 0.001, 20_000].map((rate) => () => ({ rate })),
  () => ({ state: 'closed' }),
  (now) => ({ state: 'closed', since: now + DAY_MS, isProbing: true, successes: SHARED_PROBES }),
  (now) => ({ state: 'open', until: now + DAY_MS, isProbing: true }),
  (now) => ({ state: 'open', until: now + YEAR_MS, isRelapse: true, since: now + YEAR_MS }),
  () => ({ state: 'open', until: 0 }),
  (now) => ({ state: 'forced-open', until: now + YEAR_MS, by: 'mallory' }),
  (now) => ({ state: 'forced-closed', until: now + YEAR_MS, by: 'mallory' }),
  () => ({ state: 'forced-open', until: 0, isProbing: true }),
];

const ALL = [...UNREADABLE.map((changes) => () => changes), ...READABLE];
export const HOSTILE_STATES: number = ALL.length;

const withoutMissing = (changes: Changes): Item =>
  Object.fromEntries(
    Object.entries(changes).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
    ),
  );

/** The item with the nth of all changes that no breaker makes. */
export const hostileState = (which: number, item: Item, now: number): Item =>
  withoutMissing({ ...item, ...ALL[which]?.(now) });

const slotsFrom = (now: number, count: number, counts: Readonly<Record<string, unknown>>): Changes =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => Math.floor(now / SLOT_MS) + n).flatMap((slot) =>
      Object.entries(counts).map(([kind, value]) => [`${kind}${slot.toString(36)}`, value]),
    ),
  );

const COUNTS: readonly ((now: number) => Changes)[] = [
  (now) => slotsFrom(now, 3, { f: 'x', s: 'x', c: 'x' }),
  (now) => slotsFrom(now, 3, { f: true }),
  (now) => slotsFrom(now, 3, { f: 1e120, s: 1e120, c: 1e120 }),
  (now) => slotsFrom(now - 4_000, 12, { f: -7, s: -7, c: -7 }),
  (now) => slotsFrom(now - 4_000, 12, { f: 0.5, s: 0.5, c: 0.5 }),
  (now) => slotsFrom(now - 4_000, 12, { s: 1, c: 1e15 }),
  (now) => slotsFrom(now - 4_000, 12, { f: SLOT_MS, c: SLOT_MS }),
  (now) => slotsFrom(now - 4_000, 12, { s: SLOT_MS, c: SLOT_MS }),
  (now) => slotsFrom(now - 2 * HOUR_MS, 20, { f: 1, c: 1 }),
  (now) => slotsFrom(now + DAY_MS, 20, { f: 5, c: 5 }),
  () => ({ f: 1, s: 1, c: 1, 'f-1': 3, fzzzzzzzzzzz: 9, s0000: 1, note: 'x', expiresAt: 'never' }),
];
export const HOSTILE_COUNTS: number = COUNTS.length;

/** The item with the nth of all counts that no report adds up to. */
export const hostileCounts = (which: number, item: Item, now: number): Item =>
  withoutMissing({ ...item, ...COUNTS[which]?.(now) });
