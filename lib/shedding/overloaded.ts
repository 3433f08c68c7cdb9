import { FibrinError } from '../core/errors.ts';

/**
 * Why a request was shed:
 * - `breaker`: a breaker of its function is not closed, so a low one would be degraded at best;
 * - `capacity`: more is offered than the function's reserved concurrency serves;
 * - `queue`: the line in front of the handler has no room;
 * - `time`: its turn did not come in time, or would not.
 */
export type ShedReason = 'breaker' | 'capacity' | 'queue' | 'time';

const WHY: Readonly<Record<ShedReason, string>> = {
  breaker: 'a breaker is not closed',
  capacity: 'more is offered than the reserved concurrency serves',
  queue: 'no more requests can wait',
  time: 'its turn does not come in time',
};

const messageFor = (reason: ShedReason): string => `The request was shed: ${WHY[reason]}`;

/** The request was shed: its handler did not run. */
export class OverloadedError extends FibrinError {
  override readonly name: string = 'OverloadedError';
  declare readonly reason: ShedReason;
  constructor(reason: ShedReason, retryAfterMs: number) {
    super('OVERLOADED', messageFor(reason), { status: 503, retryAfterMs });
    this.reason = reason;
  }
}

const text = (value: string) => ({ value, writable: true });

/** Of the errors of one reason, in place of a stack: it would be the same each time, and takes longer than all the rest. */
const prototypeOf = (reason: ShedReason): object =>
  Object.create(OverloadedError.prototype, {
    message: text(messageFor(reason)),
    stack: text(`OverloadedError: ${messageFor(reason)}`),
  });

const PROTOTYPES: Readonly<Record<ShedReason, object>> = {
  breaker: prototypeOf('breaker'),
  capacity: prototypeOf('capacity'),
  queue: prototypeOf('queue'),
  time: prototypeOf('time'),
};

/** An `OverloadedError` in all but the stack. */
export function overloaded(reason: ShedReason, retryAfterMs: number): OverloadedError {
  const error = Object.create(PROTOTYPES[reason]);
  error.name = 'OverloadedError';
  error.code = 'OVERLOADED';
  error.retryable = false;
  error.status = 503;
  error.retryAfterMs = retryAfterMs;
  error.reason = reason;
  return error;
}
