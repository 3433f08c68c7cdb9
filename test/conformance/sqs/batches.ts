import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { BATCH_REPORTS, type BatchReport } from '../events/batch-reports.ts';
import {
  bodyOf,
  newId,
  pause,
  probeText,
  seen,
  seenNow,
  seenOnce,
  send,
  sqs,
  until,
} from '../events/calls.ts';
import { isEmpty, recordsIn } from '../events/messages.ts';
import type { Plan } from '../handlers/plan.ts';
import { ERRORS, FILTERING, PARAMETERS, SCALING, sqsCase, WITH_SQS } from './pages.ts';

type NumberedPlan = Omit<Plan, 'id' | 'n'>;

/** Sends messages of one id, ten in a call. */
async function sendMany(
  deployed: Deployment,
  queue: string,
  count: number,
  planOf: (n: number) => NumberedPlan = () => ({}),
): Promise<string> {
  const id = newId();
  const all = Array.from({ length: count }, (_, index) => index + 1);
  for (let from = 0; from < count; from += 10) {
    const Entries = all
      .slice(from, from + 10)
      .map((n) => ({ Id: String(n), MessageBody: probeText(id, { n, ...planOf(n) }) }));
    bodyOf(await sqs(deployed, 'SendMessageBatch', queue, { Entries }));
  }
  return id;
}

/** Waits until each message was with the function. Gives the sizes of the batches. */
async function batchesOf(deployed: Deployment, id: string, count: number): Promise<readonly number[]> {
  const batches = await until(
    deployed,
    60,
    () => seenNow(deployed, id),
    (all) => new Set(all.flatMap(({ value }) => value.numbers)).size >= count,
  );
  return batches.map(({ value }) => recordsIn(value).length);
}

const sizes = [
  sqsCase('a batch has no more messages than BatchSize', PARAMETERS, async (deployed) => {
    const batches = await batchesOf(deployed, await sendMany(deployed, 'Batched', 25), 25);
    assert.ok(Math.max(...batches) <= 5, `batches of ${batches.join(', ')}`);
  }),
  sqsCase('a BatchSize of 1 gives each message an invocation of its own', PARAMETERS, async (deployed) => {
    const batches = await batchesOf(deployed, await sendMany(deployed, 'Jobs', 4), 4);
    assert.deepEqual(batches, [1, 1, 1, 1]);
  }),
  sqsCase('without a BatchSize a batch has up to ten messages', PARAMETERS, async (deployed) => {
    const batches = await batchesOf(deployed, await sendMany(deployed, 'Usual', 30), 30);
    assert.ok(Math.max(...batches) <= 10, `batches of ${batches.join(', ')}`);
  }),
  sqsCase('a batching window gathers messages for a batch', WITH_SQS, async (deployed) => {
    const id = newId();
    for (let n = 1; n <= 3; n++) {
      await send(deployed, 'Gathered', probeText(id, { n }));
      await pause(deployed, 1);
    }
    assert.deepEqual(await batchesOf(deployed, id, 3), [3]);
  }),
  sqsCase('a batching window lets a batch be larger than ten messages', PARAMETERS, async (deployed) => {
    const batches = await batchesOf(deployed, await sendMany(deployed, 'Large', 30), 30);
    assert.ok(Math.max(...batches) > 10, `batches of ${batches.join(', ')}`);
  }),
  sqsCase('a mapping that is disabled gives the function nothing', PARAMETERS, async (deployed) => {
    const id = newId();
    await send(deployed, 'Off', probeText(id));
    await pause(deployed, 10);
    assert.deepEqual(await seenNow(deployed, id), []);
  }),
  sqsCase('MaximumConcurrency limits how many batches run at once', SCALING, async (deployed) => {
    const id = await sendMany(deployed, 'Two', 6, () => ({ sleepMs: 1_000 }));
    await batchesOf(deployed, id, 6);
    const starts = (await seenNow(deployed, id)).map(({ at }) => at);
    const most = Math.max(
      ...starts.map((at) => starts.filter((other) => other >= at && other < at + 900).length),
    );
    assert.ok(most <= 2, `${most} ran at once`);
  }),
];

const outcomes = [
  sqsCase('messages that a function has processed are deleted', WITH_SQS, async (deployed) => {
    const id = newId();
    await send(deployed, 'Done', probeText(id));
    await seenOnce(deployed, id, { quietSeconds: 10 });
    assert.ok(await isEmpty(deployed, 'Done'));
  }),
  sqsCase('messages of a batch that fails come back', ERRORS, async (deployed) => {
    const id = newId();
    await send(deployed, 'Jobs', probeText(id, { fail: 1 }));
    const counts = (await seen(deployed, id, { count: 2, platformSeconds: 30 })).map(
      ({ value }) => recordsIn(value)[0]?.attributes['ApproximateReceiveCount'],
    );
    assert.deepEqual(counts, ['1', '2']);
  }),
  sqsCase(
    'a message that fails comes back when its visibility timeout is over, not before',
    ERRORS,
    async (deployed) => {
      const id = newId();
      await send(deployed, 'Slow', probeText(id, { fail: 1 }));
      const [first, second] = await seen(deployed, id, { count: 2, platformSeconds: 60 });
      const waited = (((second?.at ?? 0) - (first?.at ?? 0)) / 1_000) * deployed.timeScale;
      assert.ok(waited >= 18, `it came back after ${Math.round(waited)} s`);
    },
  ),
  sqsCase('an exception fails every message of a batch', ERRORS, async (deployed) => {
    const id = await sendMany(deployed, 'Whole', 3, (n) => (n === 2 ? { fail: 1 } : {}));
    await until(
      deployed,
      60,
      () => seenNow(deployed, id),
      (all) => [1, 2, 3].every((n) => all.filter(({ value }) => value.numbers.includes(n)).length >= 2),
    );
  }),
  sqsCase('after maxReceiveCount a message goes to the dead-letter queue', ERRORS, async (deployed) => {
    const id = newId();
    await send(deployed, 'Poisoned', probeText(id, { fail: true }));
    await seen(deployed, id, { fn: 'Sink', platformSeconds: 60 });
    const own = (await seenNow(deployed, id)).filter(({ value }) => value.fn === 'Worker');
    assert.equal(own.length, 2);
  }),
  sqsCase(
    'a message in a dead-letter queue keeps its ID and its body',
    'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html',
    async (deployed) => {
      const id = newId();
      const body = probeText(id, { fail: true });
      const { MessageId } = await send(deployed, 'Poisoned', body);
      const [dead] = await seen(deployed, id, { fn: 'Sink', platformSeconds: 60 });
      const record = dead && recordsIn(dead.value)[0];
      assert.deepEqual([record?.messageId, record?.body], [MessageId, body]);
    },
  ),
  sqsCase(
    'a message in a dead-letter queue names the queue that it comes from',
    'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html',
    async (deployed) => {
      const id = newId();
      await send(deployed, 'Poisoned', probeText(id, { fail: true }));
      const seenBy = await seen(deployed, id, { count: 3, platformSeconds: 60 });
      const [worker, sink] = ['Worker', 'Sink'].map((fn) => {
        const found = seenBy.find(({ value }) => value.fn === fn);
        return found && recordsIn(found.value)[0];
      });
      assert.equal(sink?.attributes['DeadLetterQueueSourceArn'], worker?.eventSourceARN);
    },
  ),
];

const reports = [
  sqsCase('of a batch that reports failures only those come back', ERRORS, async (deployed) => {
    const id = await sendMany(deployed, 'Reported', 3, (n) => (n === 2 ? { fail: 1 } : {}));
    await until(
      deployed,
      60,
      () => seenNow(deployed, id),
      (all) => all.filter(({ value }) => value.numbers.includes(2)).length >= 2,
    );
    await pause(deployed, 15);
    const numbers = (await seenNow(deployed, id)).flatMap(({ value }) => value.numbers);
    assert.deepEqual([...numbers].sort(), [1, 2, 2, 3]);
  }),
  sqsCase('a report counts only where the mapping asks for it', ERRORS, async (deployed) => {
    const id = newId();
    await send(deployed, 'Jobs', probeText(id, { answer: { batchItemFailures: [{ itemIdentifier: '' }] } }));
    await seenOnce(deployed, id, { quietSeconds: 15 });
  }),
  sqsCase('with reports an exception fails the whole batch', ERRORS, async (deployed) => {
    const id = newId();
    await send(deployed, 'Reported', probeText(id, { exit: true }));
    await seen(deployed, id, { count: 2, platformSeconds: 60 });
  }),
];

const RESPONSES: readonly BatchReport[] = [
  ...BATCH_REPORTS,
  { what: 'an ID of no message', answer: { batchItemFailures: [{ itemIdentifier: 'x' }] }, fails: true },
];

const responses = RESPONSES.map(({ what, answer, fails }) =>
  sqsCase(
    `a report with ${what} is a complete ${fails ? 'failure' : 'success'}`,
    ERRORS,
    async (deployed) => {
      const id = newId();
      await send(deployed, 'Reported', probeText(id, { answer }));
      if (fails) await seen(deployed, id, { count: 2, platformSeconds: 60 });
      else await seenOnce(deployed, id, { quietSeconds: 15 });
    },
  ),
);

const FILTERS: readonly {
  readonly title: string;
  readonly queue: string;
  readonly taken: object | string;
  readonly dropped: object | string;
}[] = [
  {
    title: 'a filter lets the messages through whose JSON body matches',
    ...{ queue: 'Filtered', taken: { color: 'red', size: 5 }, dropped: { color: 'blue', size: 5 } },
  },
  {
    title: 'a filter compares numbers in the body',
    ...{ queue: 'Filtered', taken: { color: 'red', size: 9 }, dropped: { color: 'red', size: 10 } },
  },
  {
    title: 'a filter on a JSON body drops messages that are plain text',
    ...{ queue: 'Filtered', taken: { color: 'red', size: 5 }, dropped: 'red' },
  },
  {
    title: 'messages that match one of several filters are taken',
    ...{ queue: 'Filtered', taken: { kind: 'special' }, dropped: { kind: 'usual' } },
  },
];

const filters = FILTERS.map(({ title, queue, taken, dropped }) =>
  sqsCase(title, FILTERING, async (deployed) => {
    const [good, bad] = [newId(), newId()];
    const bodyOfMessage = (id: string, content: object | string) =>
      typeof content === 'string'
        ? `${content} ${probeText(id)}`
        : JSON.stringify({ ...content, ...(JSON.parse(probeText(id)) as object) });
    await send(deployed, queue, bodyOfMessage(bad, dropped));
    await send(deployed, queue, bodyOfMessage(good, taken));
    await seen(deployed, good);
    await pause(deployed, 15);
    assert.deepEqual(await seenNow(deployed, bad), []);
  }),
);

export const BATCH_CASES: readonly ConformanceCase[] = [
  ...sizes,
  ...outcomes,
  ...reports,
  ...responses,
  ...filters,
  sqsCase('messages that no filter lets through are deleted from the queue', FILTERING, async (deployed) => {
    await send(deployed, 'Dropped', JSON.stringify({ color: 'blue' }));
    await until(
      deployed,
      60,
      () => isEmpty(deployed, 'Dropped'),
      (empty) => empty,
    );
  }),
];
