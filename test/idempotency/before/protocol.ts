/* The record code of version 1, as it was before results were compressed: run beside the new one, as during a deployment. */
import type { Condition, Item } from '../../../lib/core/store.ts';

/** One run of an operation, as its record tells it. */
export interface IdempotencyRecord {
  readonly state: 'in-progress' | 'completed';
  /** Token of the one invocation that may change the record. */
  readonly owner: string;
  /** Until then the owner may be at work. Past it without a result the outcome is unknown. Epoch milliseconds. */
  readonly leaseUntil: number;
  /** Fingerprint of the request that the key was first used with. */
  readonly payload: string;
  /** The encoded result, once completed. */
  readonly result: string;
  /** When the record may go. Epoch seconds, since DynamoDB's TTL wants seconds. */
  readonly expiresAt: number;
}

/** Version of the record's shape, so that old and new code can tell each other's records apart. */
const SCHEMA_VERSION = 1;

export function writeRecord(record: IdempotencyRecord): Item {
  return { v: SCHEMA_VERSION, ...record };
}

/** Reads an item; undefined when it is not a record that this version understands. */
export function readRecord(item: Item): IdempotencyRecord | undefined {
  const { v, state, owner, leaseUntil, payload, result, expiresAt } = item;
  const understood =
    v === SCHEMA_VERSION &&
    (state === 'in-progress' || state === 'completed') &&
    typeof owner === 'string' &&
    typeof leaseUntil === 'number' &&
    typeof payload === 'string' &&
    typeof result === 'string' &&
    typeof expiresAt === 'number';
  return understood ? { state, owner, leaseUntil, payload, result, expiresAt } : undefined;
}

/** When a claim may be written: nothing there, a result past its retention, or the same request with a lease run out. */
export function mayClaim(payload: string, now: number): Condition {
  return [
    'absent',
    [
      { attribute: 'state', is: '=', value: 'completed' },
      { attribute: 'expiresAt', is: '<', value: Math.floor(now / 1_000) },
    ],
    [
      { attribute: 'state', is: '=', value: 'in-progress' },
      { attribute: 'leaseUntil', is: '<', value: now },
      { attribute: 'payload', is: '=', value: payload },
    ],
  ];
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

/** What a claim that was refused means, from the record that stood in its way. */
export type Refusal =
  | { readonly kind: 'mine' }
  | { readonly kind: 'replay'; readonly result: string }
  | { readonly kind: 'in-flight'; readonly retryAfterMs: number }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'unreadable' };

export function explainRefusal(item: Item, owner: string, payload: string, now: number): Refusal {
  const record = readRecord(item);
  if (record === undefined) return { kind: 'unreadable' };
  // The claim was applied, its acknowledgement lost, and its retry lost against itself.
  if (record.owner === owner) return { kind: 'mine' };
  if (record.payload !== payload) return { kind: 'mismatch' };
  if (record.state === 'completed') return { kind: 'replay', result: record.result };
  return { kind: 'in-flight', retryAfterMs: Math.max(0, record.leaseUntil - now) };
}
