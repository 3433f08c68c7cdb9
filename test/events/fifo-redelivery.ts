import { hasCode } from '../../lib/core/errors.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { sqsBatch } from '../../lib/events/sqs-batch.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { type FifoMessage, FifoQueue } from './fifo-queue.ts';
import type { FifoRunOptions } from './fifo-run.ts';
import { type FifoRun, makeMessages } from './messages.ts';

/** How many batches the function has at once, of different groups. */
const AT_ONCE = 2;
/** Without an end for what never gets done. */
const MAX_ROUNDS = 100_000;

/** Handles messages of a FIFO queue with failures, in virtual time, until all are done. */
export async function runRedelivery({ messages, groups, seed }: FifoRunOptions): Promise<FifoRun> {
  const clock = fakeClock();
  const queue = new FifoQueue(clock, seededRandom(seed + 1));
  const { all, errors, failures } = makeMessages(messages, groups, seededRandom(seed));
  for (const { group, body } of all) queue.send(group, body);
  const counts = { batches: 0, 'held back': 0, deferred: 0 };
  const done: string[] = [];
  const handler = sqsBatch<FifoMessage, unknown>(
    async ({ body }) => {
      await settle();
      const error = errors.get(body)?.pop();
      if (error !== undefined) throw error;
      done.push(body);
    },
    {
      clock,
      onFailure: (_, error) => void (hasCode(error, 'RECORD_HELD_BACK') && counts['held back']++),
      async deferVisibility(message, seconds) {
        counts.deferred++;
        queue.changeVisibility(message, seconds);
      },
    },
  );

  async function invoke(Records: readonly FifoMessage[]): Promise<void> {
    if (Records.length === 0) return;
    counts.batches++;
    const { batchItemFailures } = await handler({ Records }, {});
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const record of Records) if (!failed.has(record.messageId)) queue.delete(record);
  }

  for (let round = 0; round < MAX_ROUNDS && done.length < messages; round++) {
    const batches = Array.from({ length: AT_ONCE }, () => queue.receive());
    await Promise.all(batches.map(invoke));
    const nextAtMs = queue.nextVisibleAtMs();
    if (batches.every(({ length }) => length === 0) && nextAtMs < Infinity)
      await clock.advance(nextAtMs - clock.now());
  }
  const figures = {
    groups,
    ...counts,
    failures,
    handled: done.length,
    'virtual seconds': Math.round(clock.monotonic() / 1_000),
  };
  return { done, expected: messages, figures };
}
