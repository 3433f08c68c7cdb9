import type { Condition, Item } from '../core/store.ts';

/** In which form the record has the result: as JSON, compressed, in a store of its own, or not at all. */
export type ResultForm = 'json' | 'gzip' | 'elsewhere' | 'none';

/** One run of an operation, as its record tells it. */
export interface IdempotencyRecord {
  readonly state: 'in-progress' | 'completed';
  /** Token of the one owner that may change the record. */
  readonly owner: string;
  /**
   * Grows with every run of the key. A system downstream that keeps the highest can refuse a run that was overtaken. It is
   * the time of the claim, so that it grows where no record tells the one before: it was released, expired, or written by
   * the version before. After one that is stored it grows whatever the clocks say. Epoch milliseconds.
   */
  readonly fence: number;
  /** Until then the owner may be at work. Past it without a result the outcome is unknown. Epoch milliseconds. */
  readonly leaseUntil: number;
  /** Fingerprint of the request that the key was first used with. */
  readonly payload: string;
  readonly form: ResultForm;
  /** The encoded result, once completed; where it is elsewhere, its key there; where there is none, why. */
  readonly result: string;
  /** When the record may go. Epoch seconds, since DynamoDB's TTL wants seconds. */
  readonly expiresAt: number;
}

/**
 * Versions of the record's shape. A record says the lowest that tells all of it, so that code of the version before reads
 * whatever it can understand while both are deployed; what it cannot, it refuses. 2: results that are not plain JSON.
 */
const PLAIN = 1;
const NEWEST = 2;

const FORMS: readonly unknown[] = ['json', 'gzip', 'elsewhere', 'none'];

export function writeRecord({ form, ...record }: IdempotencyRecord): Item {
  return form === 'json' ? { v: PLAIN, ...record } : { v: NEWEST, ...record, form };
}

/** Beyond these numbers, one more is no other number: two runs would have one fence. */
const isSafe = (value: unknown): boolean =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** Reads an item; undefined when it is not a record that this version understands. */
export function readRecord(item: Item): IdempotencyRecord | undefined {
  const { v, state, owner, fence = 0, leaseUntil, payload, form = 'json', result, expiresAt } = item;
  const understood =
    (v === PLAIN || v === NEWEST) &&
    (state === 'in-progress' || state === 'completed') &&
    typeof owner === 'string' &&
    isSafe(fence) &&
    isSafe(leaseUntil) &&
    typeof payload === 'string' &&
    FORMS.includes(form) &&
    typeof result === 'string' &&
    isSafe(expiresAt);
  return understood
    ? ({ state, owner, fence, leaseUntil, payload, form, result, expiresAt } as IdempotencyRecord)
    : undefined;
}

/** What becomes of a run whose lease ended without an outcome: its effect may have happened. */
export type OnUnknownOutcome = 'rerun' | 'hold';

/**
 * The token of one try to run. A durable execution has one for each of its tries: what an earlier one has sent may arrive
 * when a later one runs, and must not be taken for the later one's.
 */
export const ownerOf = (execution: string | undefined, token: string): string =>
  execution === undefined ? token : `${execution}#${token}`;

/** Whether a token is that of a try of a durable execution. */
export const isDurable = (owner: string): boolean => owner.includes('#');

/** The version before had the execution alone for its token. */
const isTryOf = (execution: string | undefined, owner: string): boolean =>
  execution !== undefined && `${owner}#`.startsWith(`${execution}#`);

/** A caller that wants to run. */
export interface Claimer {
  readonly owner: string;
  /** The durable execution that it is a try of. */
  readonly execution?: string | undefined;
  readonly payload: string;
  /** Epoch milliseconds, by the claimer's own clock. */
  readonly now: number;
  /** How long the run may be at work, the difference that clocks may have included. Milliseconds. */
  readonly leaseMs: number;
  /** How long the invocation may be, when it goes on with a run; the same included. Milliseconds. */
  readonly invocationMs: number;
  readonly retentionSeconds: number;
  /** The most by which the clocks of two owners may differ. Milliseconds. */
  readonly skewMarginMs: number;
  readonly onUnknownOutcome: OnUnknownOutcome;
  /** Whether the lease of the record is over, whatever it says: no run of it can be at work any more. */
  readonly isLeaseOver?: boolean;
}

/** What to do about a claim, from what is there. */
export type Decision =
  /** Write this under this condition; when that is refused, decide again from what stood in the way. */
  | {
      readonly kind: 'write';
      readonly next: IdempotencyRecord;
      readonly when: Condition;
      /** It goes on with the run of an earlier try of its execution. */
      readonly isResumed?: boolean;
    }
  /** The run is the claimer's already: its claim was applied and the acknowledgement lost. */
  | { readonly kind: 'run'; readonly record: IdempotencyRecord }
  | { readonly kind: 'replay'; readonly record: IdempotencyRecord }
  | { readonly kind: 'in-flight'; readonly record: IdempotencyRecord; readonly leaseLeftMs: number }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreadable' };

/**
 * The record as it was seen, and not changed since. The lease tells apart two runs of one owner: a durable execution that
 * claims again after its key was freed.
 */
export const asSeen = ({ owner, state, leaseUntil }: IdempotencyRecord): Condition => [
  [
    { attribute: 'owner', is: '=', value: owner },
    { attribute: 'state', is: '=', value: state },
    { attribute: 'leaseUntil', is: '=', value: leaseUntil },
  ],
];

/** What a record says at a moment: `unknown` is a lease that ended without an outcome, `expired` counts as nothing. */
export type RecordStatus = 'in-progress' | 'unknown' | 'completed' | 'expired';

export function recordStatusOf(
  { state, leaseUntil, expiresAt }: IdempotencyRecord,
  now: number,
): RecordStatus {
  // DynamoDB removes what has expired hours later.
  if (expiresAt * 1_000 < now) return 'expired';
  if (state === 'completed') return 'completed';
  return now <= leaseUntil ? 'in-progress' : 'unknown';
}

/** Epoch seconds at which a record of that moment may go. The margin is for a clock that was behind. */
const expiryOf = (fromMs: number, { retentionSeconds, skewMarginMs }: Retention): number =>
  Math.ceil((fromMs + skewMarginMs) / 1_000) + retentionSeconds;

type Retention = Pick<Claimer, 'retentionSeconds' | 'skewMarginMs'>;

/** @param seen What is under the key; undefined where nothing is, or nothing is known to be. */
export function decide(claim: Claimer, seen: Item | undefined): Decision {
  const { owner, payload, now, leaseMs } = claim;
  const fenceAfter = (last: number) => Math.max(now, last + 1);
  const write = (lastFence: number, when: Condition): Decision => {
    const leaseUntil = now + leaseMs;
    const fence = fenceAfter(lastFence);
    const run = {
      state: 'in-progress',
      owner,
      fence,
      leaseUntil,
      payload,
      form: 'json',
      result: '',
    } as const;
    return { kind: 'write', next: { ...run, expiresAt: expiryOf(leaseUntil, claim) }, when };
  };
  if (seen === undefined) return write(0, ['absent']);
  const record = readRecord(seen);
  if (record === undefined) return { kind: 'unreadable' };
  if (record.owner === owner) return { kind: record.state === 'completed' ? 'replay' : 'run', record };
  const next = () => write(record.fence, asSeen(record));
  const holds = claim.onUnknownOutcome === 'hold';
  // This clock may be days ahead. With `hold` a record counts as long as it is there: DynamoDB removes it by its own clock.
  const status = recordStatusOf(record, holds ? Math.min(now, record.expiresAt * 1_000) : now);
  const isSame = record.payload === payload;
  const isOwn = isSame && isTryOf(claim.execution, record.owner);
  // What an execution has done it does not do again, however long it lasts.
  if (isOwn && record.state === 'completed') return { kind: 'replay', record };
  if (status === 'expired') return next();
  if (!isSame) return { kind: 'mismatch' };
  if (status === 'completed') return { kind: 'replay', record };
  if (isOwn) {
    // The run goes on within the lease that it has, which must not end while this invocation is at work.
    const leaseUntil = Math.max(record.leaseUntil, now + claim.invocationMs);
    const fence = fenceAfter(record.fence);
    const resumed = { ...record, owner, fence, leaseUntil, expiresAt: expiryOf(leaseUntil, claim) };
    return { kind: 'write', next: resumed, when: asSeen(record), isResumed: true };
  }
  if (status === 'in-progress' && !claim.isLeaseOver)
    return { kind: 'in-flight', record, leaseLeftMs: record.leaseUntil - now };
  return holds ? { kind: 'unknown' } : next();
}

/** A result as a record has it. */
export interface StoredResult {
  readonly form: ResultForm;
  readonly result: string;
}

/** The record of a run that has come to its result. To be written when `isMine`. */
export function completed(
  record: IdempotencyRecord,
  stored: StoredResult,
  now: number,
  retention: Retention,
): IdempotencyRecord {
  return { ...record, ...stored, state: 'completed', expiresAt: expiryOf(now, retention) };
}

/** The fence: only the owner of a run in progress may complete or release it. */
export function isMine(owner: string): Condition {
  return [
    [
      { attribute: 'owner', is: '=', value: owner },
      { attribute: 'state', is: '=', value: 'in-progress' },
    ],
  ];
}

/** What a refused completion has recorded all the same, if it was my own, applied without an acknowledgement. */
export function completedBy(owner: string, seen: Item | undefined): IdempotencyRecord | undefined {
  const record = seen && readRecord(seen);
  return record?.owner === owner && record.state === 'completed' ? record : undefined;
}
