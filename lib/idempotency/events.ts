/**
 * What happens to a key, one event each:
 * - `claimed`: a run begins; `completed`: its result is recorded; `released`: it failed for certain, the key is free;
 * - `unknown`: it ended without an outcome, the claim stays until its lease ends;
 * - `lost`: it outlived its lease and another run took over;
 * - `replayed`: a duplicate got the result; `waited`: it had to wait for it first;
 * - `conflicted`: it was refused because the first run is under way; `held`: because its outcome is unknown;
 * - `mismatched`: the key came with another payload; `unreadable`: its record is not one that this version can read;
 * - `unprotected`: the store failed and the run goes on without a claim.
 */
export type IdempotencyEventKind =
  | 'claimed'
  | 'completed'
  | 'released'
  | 'unknown'
  | 'lost'
  | 'replayed'
  | 'waited'
  | 'conflicted'
  | 'held'
  | 'mismatched'
  | 'unreadable'
  | 'unprotected';

export interface IdempotencyEvent {
  readonly kind: IdempotencyEventKind;
  readonly operation: string;
  /** The record's key: a digest, nothing personal. */
  readonly key: string;
  /** `replayed`: where the result came from. */
  readonly from?: 'store' | 'sandbox';
  /** `waited`: how long. Milliseconds. */
  readonly waitedMs?: number;
}
