import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { bodyOf, firstSeen, newId, pause, probeText, seen, seenNow, sqs, until } from '../events/calls.ts';
import { recordsIn } from '../events/messages.ts';
import type { Plan } from '../handlers/plan.ts';
import { ERRORS, fifoCase, guide, WITH_SQS } from '../sqs/pages.ts';

type NumberedPlan = Omit<Plan, 'id' | 'n'>;

/** Sends messages of one id to a group, in one call. */
async function sendGroup(
  deployed: Deployment,
  queue: string,
  count: number,
  planOf: (n: number) => NumberedPlan = () => ({}),
  id = newId(),
  MessageGroupId = id,
): Promise<string> {
  const Entries = Array.from({ length: count }, (_, index) => ({
    ...{ Id: String(index), MessageBody: probeText(id, { n: index + 1, ...planOf(index + 1) }) },
    ...{ MessageGroupId, MessageDeduplicationId: newId() },
  }));
  bodyOf(await sqs(deployed, 'SendMessageBatch', queue, { Entries }));
  return id;
}

const numbersOf = (all: Awaited<ReturnType<typeof seenNow>>) => all.flatMap(({ value }) => value.numbers);

/** The numbers in the order in which the function had them, when the last one has come. */
async function workedOff(deployed: Deployment, id: string, last: number): Promise<readonly number[]> {
  return numbersOf(
    await until(
      deployed,
      60,
      () => seenNow(deployed, id),
      (all) => numbersOf(all).includes(last),
    ),
  );
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const attributes: Readonly<Record<string, (value: string | undefined, id: string) => void>> = {
  MessageGroupId: (value, id) => assert.equal(value, id),
  MessageDeduplicationId: (value) => assert.match(String(value), /^[\da-f-]{36}$/),
  SequenceNumber: (value) => assert.match(String(value), /^\d{20}$/),
  ApproximateReceiveCount: (value) => assert.equal(value, '1'),
};

const records = Object.entries(attributes).map(([name, check]) =>
  fifoCase(`a record of a FIFO queue has the attribute ${name}`, WITH_SQS, async (deployed) => {
    const id = await sendGroup(deployed, 'Jobs', 1);
    const [record] = recordsIn(await firstSeen(deployed, id));
    check(record?.attributes[name], id);
  }),
);

const DEAD = guide('FIFO-queues-understanding-logic');

export const FIFO_FUNCTION_CASES: readonly ConformanceCase[] = [
  ...records,
  fifoCase('a function gets the messages of a group in their order', WITH_SQS, async (deployed) => {
    const id = await sendGroup(deployed, 'Jobs', 10);
    await sendGroup(deployed, 'Jobs', 10, () => ({}), id);
    const numbers = numbersOf(
      await until(
        deployed,
        60,
        () => seenNow(deployed, id),
        (all) => numbersOf(all).length >= 20,
      ),
    );
    assert.deepEqual(numbers, [...range(10), ...range(10)]);
  }),
  fifoCase('a batch has at most ten messages', WITH_SQS, async (deployed) => {
    const id = await sendGroup(deployed, 'Jobs', 10);
    await sendGroup(deployed, 'Jobs', 10, () => ({}), id);
    const all = await until(
      deployed,
      60,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).length >= 20,
    );
    assert.ok(Math.max(...all.map(({ value }) => recordsIn(value).length)) <= 10);
  }),
  fifoCase('a group has one batch with the function at a time', WITH_SQS, async (deployed) => {
    const id = await sendGroup(deployed, 'Single', 4, () => ({ sleepMs: 300 }));
    await workedOff(deployed, id, 4);
    const times = (await seenNow(deployed, id)).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    assert.ok(
      gaps.every((gap) => gap >= 290),
      `gaps of ${gaps.join(', ')} ms`,
    );
  }),
  fifoCase('messages of several groups are processed beside each other', WITH_SQS, async (deployed) => {
    const id = newId();
    for (const name of ['a', 'b', 'c'])
      await sendGroup(deployed, 'Single', 1, () => ({ sleepMs: 1_500 }), id, `${id}-${name}`);
    const times = (await seen(deployed, id, { count: 3 })).map(({ at }) => at);
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) < 1_500, 'they waited for each other');
  }),
  fifoCase('a message that fails holds up the others of its group', ERRORS, async (deployed) => {
    const id = await sendGroup(deployed, 'Single', 3, (n) => (n === 1 ? { fail: 2 } : {}));
    assert.deepEqual(await workedOff(deployed, id, 3), [1, 1, 1, 2, 3]);
  }),
  fifoCase('a message that fails does not hold up other groups', ERRORS, async (deployed) => {
    const [bad, good] = [newId(), newId()];
    await sendGroup(deployed, 'Single', 2, (n) => (n === 1 ? { fail: 2 } : {}), bad);
    await sendGroup(deployed, 'Single', 1, () => ({}), good);
    const [other] = await seen(deployed, good);
    const all = await until(
      deployed,
      60,
      () => seenNow(deployed, bad),
      (some) => numbersOf(some).includes(2),
    );
    assert.ok((other?.at ?? 0) < (all.at(-1)?.at ?? 0), 'the other group waited');
  }),
  fifoCase('after a batch that failed the order is what it was', ERRORS, async (deployed) => {
    const id = await sendGroup(deployed, 'Jobs', 4, (n) => (n === 3 ? { fail: 1 } : {}));
    const numbers = numbersOf(
      await until(
        deployed,
        60,
        () => seenNow(deployed, id),
        (all) => numbersOf(all).length >= 8,
      ),
    );
    assert.deepEqual(numbers, [...range(4), ...range(4)]);
  }),
  fifoCase(
    'after maxReceiveCount a message goes to the dead-letter queue, a FIFO queue too',
    guide('sqs-dead-letter-queues'),
    async (deployed) => {
      const id = await sendGroup(deployed, 'Poisoned', 1, () => ({ fail: true }));
      const dead = await firstSeen(deployed, id, { fn: 'Sink', platformSeconds: 60 });
      assert.equal(recordsIn(dead)[0]?.attributes['MessageGroupId'], id);
      assert.equal((await seenNow(deployed, id)).filter(({ value }) => value.fn === 'Worker').length, 2);
    },
  ),
  fifoCase(
    'what is behind a message in a group goes on when that went to the dead-letter queue',
    DEAD,
    async (deployed) => {
      const id = await sendGroup(deployed, 'Poisoned', 2, (n) => (n === 1 ? { fail: true } : {}));
      await seen(deployed, id, {
        fn: 'Worker',
        platformSeconds: 60,
        where: ({ numbers }) => numbers.includes(2),
      });
    },
  ),
  fifoCase(
    'a function that reports the first failure and all after it gets them again in order',
    ERRORS,
    async (deployed) => {
      const id = await sendGroup(deployed, 'Reported', 4, (n) => (n >= 2 ? { fail: 1 } : {}));
      const numbers = numbersOf(
        await until(
          deployed,
          60,
          () => seenNow(deployed, id),
          (all) => numbersOf(all).length >= 7,
        ),
      );
      await pause(deployed, 15);
      assert.deepEqual(numbers, [1, 2, 3, 4, 2, 3, 4]);
    },
  ),
  fifoCase('a report without failures deletes a whole batch', ERRORS, async (deployed) => {
    const id = await sendGroup(deployed, 'Reported', 3);
    await workedOff(deployed, id, 3);
    await pause(deployed, 15);
    assert.deepEqual(numbersOf(await seenNow(deployed, id)), [1, 2, 3]);
  }),
  fifoCase(
    'a message that nobody could process blocks its group until its visibility timeout is over',
    guide('sqs-visibility-timeout'),
    async (deployed) => {
      const id = await sendGroup(deployed, 'Single', 2, (n) => (n === 1 ? { fail: 1 } : {}));
      await workedOff(deployed, id, 2);
      const [first, second] = (await seenNow(deployed, id)).map(({ at }) => at);
      const waited = (((second ?? 0) - (first ?? 0)) / 1_000) * deployed.timeScale;
      assert.ok(waited >= 5, `it came back after ${Math.round(waited)} s`);
    },
  ),
];
