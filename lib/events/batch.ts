import { type Clock, systemClock } from '../core/clock.ts';
import { errorChain } from '../core/error-chain.ts';
import { framesOf } from '../core/error-log.ts';
import { DeadlineExceededError, FibrinError, isFibrinError } from '../core/errors.ts';
import { fieldOf } from '../core/field.ts';
import { invocationContext, runInContext } from '../core/invocation-context.ts';
import { remainingMsOf } from '../core/remaining-time.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { runWithin } from '../core/time-limit.ts';
import { labelOf } from '../core/warn-once.ts';

/** What Lambda reads of the answer to a batch: the records that it delivers again. Fits the types of `@types/aws-lambda`. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** The records that Lambda delivers together. */
export interface BatchEvent<R> {
  readonly Records: readonly R[];
}

/** What all kinds of batches have. */
export interface BatchOptions<R> {
  /**
   * Receives each record that failed or was not handled, and why. What it throws or rejects with changes nothing; it is warned of
   * once. Default: one JSON line on stderr with the id of the record, the names and codes of the error and its causes, and the stack
   * frames of one that is no `FibrinError`.
   */
  readonly onFailure?: (record: R, error: unknown) => unknown;
  /**
   * Kept of the invocation's time for the answer: a record that has not ended by then is reported as failed, and none begins. A
   * function that runs into its timeout answers nothing, and all records of its batch come again. Milliseconds, 0 to 900,000. Default 300.
   */
  readonly reserveMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** The rules of the options that all batches have. */
export const BATCH_RULES: Readonly<Record<keyof BatchOptions<unknown>, rule.OptionRule>> = {
  onFailure: rule.fn(),
  reserveMs: rule.durationMs(0, 900_000),
  clock: rule.object(),
};

/**
 * The records of an event.
 * @throws {FibrinError} `NOT_A_BATCH` for an event without.
 */
export function recordsOf<R>(owner: string, event: BatchEvent<R>): readonly R[] {
  const records = fieldOf(event, ['Records']);
  if (Array.isArray(records)) return records as readonly R[];
  throw new FibrinError(
    'NOT_A_BATCH',
    `${owner}: expected the event of an event source mapping, with an array of \`Records\`, got ${rule.show(records)}`,
  );
}

const DEFAULT_RESERVE_MS = 300;

/** How long a record has after its calls are over to fail in its own way. It is taken of the reserve. Milliseconds. */
const graceMs = (reserveMs: number): number => Math.min(25, reserveMs / 2);

/** The time of one invocation that begins now. */
export interface BatchTime {
  /** Runs the work on one record. Rejects, without beginning it, when the time is over, or when it takes longer. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Runs what comes after a record has failed, for which a half of the reserve is left too. */
  runAfter<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * The time that a batch has: what Lambda leaves, and what `withDeadline` around it does. Protected calls within it end in time.
 */
export function batchTime(
  context: unknown,
  { clock = systemClock, reserveMs = DEFAULT_RESERVE_MS }: Pick<BatchOptions<unknown>, 'clock' | 'reserveMs'>,
): BatchTime {
  const parent = invocationContext();
  const parentMs = parent ? parent.endsAt - parent.clock.monotonic() : Infinity;
  const endsAt = clock.monotonic() + Math.min(remainingMsOf(context) ?? Infinity, parentMs);
  async function runUntil<T>(callsEndAt: number, ownEndsAt: number, work: () => Promise<T>): Promise<T> {
    const leftMs = callsEndAt - clock.monotonic();
    const called = leftMs > 0;
    const exceeded = () =>
      new DeadlineExceededError('The record', "invocation's deadline", leftMs, { called });
    if (!called) throw exceeded();
    const invocation = { isOver: false };
    const own = { scope: invocation, parent, clock, endsAt: callsEndAt, invocation };
    try {
      const limit = { clock, limitMs: ownEndsAt - clock.monotonic(), exceeded };
      return await runInContext(own, () => runWithin(limit, work));
    } finally {
      // What a record has left running is no part of the next one.
      invocation.isOver = true;
    }
  }
  const lastAt = endsAt - reserveMs;
  const afterAt = endsAt - reserveMs / 2;
  return {
    run: (work) => runUntil(lastAt, lastAt + graceMs(reserveMs), work),
    runAfter: (work) => runUntil(afterAt, afterAt, work),
  };
}

/** The listener of failures, made safe. The default never logs a message: it may quote the record. */
export function failureListener<R>(
  owner: string,
  { onFailure }: Pick<BatchOptions<R>, 'onFailure'>,
  idOf: (record: R) => string | undefined,
): (record: R, error: unknown) => void {
  const logFailure = (record: R, error: unknown) => {
    const labels = errorChain(error).map(labelOf);
    console.error(
      JSON.stringify({
        level: 'ERROR',
        message: `${owner}: a record failed`,
        error: labels[0],
        causes: labels.length > 1 ? labels.slice(1) : undefined,
        record: idOf(record),
        stack: isFibrinError(error) ? undefined : framesOf(error),
      }),
    );
  };
  const listener = onFailure ?? logFailure;
  const notify = safeListener(
    ({ record, error }: { readonly record: R; readonly error: unknown }) => listener(record, error),
    `${owner}: onFailure`,
  );
  return (record, error) => notify({ record, error });
}
