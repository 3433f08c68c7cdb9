import { StoreError } from '../../lib/core/errors.ts';
import {
  InFlightError,
  OutcomeUnknownError,
  OwnershipLostError,
  PayloadMismatchError,
} from '../../lib/idempotency/errors.ts';
import type { IdempotencyRecord } from '../../lib/idempotency/protocol.ts';
import { isSameRun } from './executions.ts';
import type { Line } from './line.ts';
import type { World } from './world.ts';

interface Refused {
  readonly wire: Line;
  /** By the clock of the sandbox. */
  readonly nowMs: number;
  /** Whether the sandbox has not known a lease for longer than any run lasts. */
  readonly isBelieved: (record: IdempotencyRecord) => boolean;
  /** How often the store had changed when the request came. */
  readonly changes: number;
  /** Of the run, where there is one. */
  readonly owner: string | undefined;
}

/**
 * Judges an error that a caller gets: the record of another run must be a reason for it, by the clock of the sandbox that
 * refuses. The record was there since the request came, and may be gone by now, since an answer takes its time.
 */
export function judgeRefusal(
  { referee, records, counts, setup }: World,
  error: unknown,
  { wire, nowMs, isBelieved, changes, owner }: Refused,
): void {
  const { claimed, seen } = wire;
  const due = (reason: (record: IdempotencyRecord) => boolean) =>
    claimed === undefined
      ? []
      : records
          .since(claimed.key, changes)
          .filter((one) => !isSameRun(one.owner, claimed.record.owner) && reason(one));
  const isDueTo = (reason: (record: IdempotencyRecord) => boolean) => {
    const reasons = due(reason);
    if (reasons.length > 0 && reasons.every((one) => records.isGroundless(one.owner)))
      referee.blame('held', `${claimed?.record.owner} was refused for ${reasons[0]?.owner}`);
    return reasons.length > 0;
  };
  const holds = setup.onUnknownOutcome === 'hold';
  const isKept = ({ expiresAt }: IdempotencyRecord) => holds || nowMs <= expiresAt * 1_000;

  if (error instanceof StoreError) counts.unanswered++;
  else if (error instanceof InFlightError) {
    counts.conflicts++;
    if (!isDueTo((one) => one.state === 'in-progress' && nowMs <= one.leaseUntil))
      referee.blame('stuck', `${claimed?.record.owner} was refused beside no other run`);
    if (seen && !isBelieved(seen))
      referee.blame('stuck', `${claimed?.record.owner} was refused for ${seen.owner} for too long`);
  } else if (error instanceof OutcomeUnknownError) {
    counts.held++;
    if (wire.isLeased(nowMs)) counts.disbelieved++;
    if (!holds || !isDueTo((one) => one.state === 'in-progress' && isKept(one)))
      referee.blame('stuck', `${claimed?.record.owner} was held for no other run`);
  } else if (error instanceof PayloadMismatchError) {
    counts.mismatches++;
    if (!isDueTo((one) => one.payload !== claimed?.record.payload && isKept(one)))
      referee.blame('stuck', `${claimed?.record.owner} was refused for a payload that no other request had`);
  } else if (error instanceof OwnershipLostError) {
    counts.lost++;
    if (owner === undefined || !(records.isOvertaken(owner) || records.isOutlived(owner)))
      referee.blame('deceived', `${owner} was refused as overtaken and had not been`);
  } else referee.unexpected(error);
}
