import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { BATCH_REPORTS } from '../events/batch-reports.ts';
import { functionArn, type Json, newId, pause, seen, seenNow, until } from '../events/calls.ts';
import { recordsIn } from '../events/messages.ts';
import type { Plan } from '../handlers/plan.ts';
import { changesIn, changesOf, itemOf, put, putAll } from './items.ts';
import { ERRORS, PARAMETERS, REPORTS, retriedCase, WITH_DDB } from './pages.ts';

type NumberedPlan = Omit<Plan, 'id' | 'n'>;

/** Puts items of one id together. */
async function putMany(
  deployed: Deployment,
  table: string,
  count: number,
  planOf: (n: number) => NumberedPlan = () => ({}),
): Promise<string> {
  const id = newId();
  const items = Array.from({ length: count }, (_, index) => itemOf(id, index + 1, planOf(index + 1)));
  await putAll(deployed, table, items);
  return id;
}

const numbersOf = (all: Awaited<ReturnType<typeof seenNow>>) => all.flatMap(({ value }) => value.numbers);

const batches = [
  retriedCase('a batch has no more records than BatchSize', PARAMETERS, async (deployed) => {
    const id = await putMany(deployed, 'Threes', 7);
    const all = await until(
      deployed,
      30,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).length >= 7,
    );
    assert.ok(Math.max(...all.map(({ value }) => changesIn(value).length)) <= 3);
  }),
  retriedCase('a batching window gathers records for a batch', PARAMETERS, async (deployed) => {
    const id = newId();
    for (let n = 1; n <= 3; n++) await put(deployed, 'Gathered', itemOf(id, n));
    const all = await until(
      deployed,
      60,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).length >= 3,
    );
    assert.deepEqual(
      all.map(({ value }) => changesIn(value).length),
      [3],
    );
  }),
  retriedCase('a batch that fails holds up what comes after it', ERRORS, async (deployed) => {
    const id = newId();
    await put(deployed, 'Blocked', itemOf(id, 1, { fail: 2 }));
    await put(deployed, 'Blocked', itemOf(id, 2));
    const all = await until(
      deployed,
      120,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).includes(2),
    );
    assert.deepEqual(numbersOf(all), [1, 1, 1, 2]);
  }),
  retriedCase('a batch that fails is tried again whole', ERRORS, async (deployed) => {
    const id = await putMany(deployed, 'Whole', 3, (n) => (n === 2 ? { fail: 1 } : {}));
    const all = await until(
      deployed,
      120,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).length >= 6,
    );
    assert.deepEqual(
      all.map(({ value }) => value.numbers.length),
      [3, 3],
    );
  }),
];

interface GivenUp {
  readonly version: string;
  readonly timestamp: string;
  readonly requestContext: Json;
  readonly responseContext: Json;
  readonly DDBStreamBatchInfo: Json;
}

/** What the destination got of a batch that ended with a change of this id. */
async function givenUp(deployed: Deployment, id: string, fn: string): Promise<GivenUp> {
  const tried = await seen(deployed, id, { fn, platformSeconds: 120 });
  const sequences = changesOf(tried).map(({ dynamodb }) => dynamodb.SequenceNumber);
  return until(
    deployed,
    240,
    async () =>
      (await seenNow(deployed, 'Sink'))
        .flatMap(({ value }) => recordsIn(value))
        .map(({ body }) => JSON.parse(body) as GivenUp)
        .find(({ DDBStreamBatchInfo: info }) => sequences.includes(String(info['endSequenceNumber']))),
    (found) => found !== undefined,
  ) as Promise<GivenUp>;
}

const DESTINATION: Readonly<Record<string, (record: GivenUp, deployed: Deployment, id: string) => unknown>> =
  {
    'the version 1.0 and a timestamp': ({ version, timestamp }) => {
      assert.equal(version, '1.0');
      assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    },
    'the ARN of the function': async ({ requestContext }, deployed) =>
      assert.ok(String(requestContext['functionArn']).startsWith(await functionArn(deployed, 'Worker'))),
    'the condition RetryAttemptsExhausted': ({ requestContext }) =>
      assert.equal(requestContext['condition'], 'RetryAttemptsExhausted'),
    'the number of attempts': ({ requestContext }) =>
      assert.equal(requestContext['approximateInvokeCount'], 3),
    'status, version and error of the response': ({ responseContext }) =>
      assert.deepEqual(responseContext, {
        ...{ statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      }),
    'the shard, the stream and the size of the batch': ({ DDBStreamBatchInfo: info }) => {
      assert.match(String(info['shardId']), /^shardId-/);
      assert.match(String(info['streamArn']), /\/stream\//);
      assert.equal(info['batchSize'], 1);
    },
    'the sequence numbers of its first and last record': async (
      { DDBStreamBatchInfo: info },
      deployed,
      id,
    ) => {
      const [change] = changesOf(await seen(deployed, id));
      const own = change?.dynamodb.SequenceNumber;
      assert.deepEqual([info['startSequenceNumber'], info['endSequenceNumber']], [own, own]);
    },
    'the times of its first and last record': ({ DDBStreamBatchInfo: info }) => {
      for (const name of ['approximateArrivalOfFirstRecord', 'approximateArrivalOfLastRecord'])
        assert.match(String(info[name]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  };

const destination = Object.entries(DESTINATION).map(([what, check]) =>
  retriedCase(`the record of a batch that was given up has ${what}`, ERRORS, async (deployed) => {
    const id = newId();
    await put(deployed, 'Retried', itemOf(id, 1, { fail: true }));
    await check(await givenUp(deployed, id, 'Worker'), deployed, id);
  }),
);

const retries = [
  retriedCase('MaximumRetryAttempts 2 lets a batch be tried three times', PARAMETERS, async (deployed) => {
    const id = newId();
    await put(deployed, 'Retried', itemOf(id, 1, { fail: true }));
    await givenUp(deployed, id, 'Worker');
    assert.equal((await seenNow(deployed, id)).length, 3);
  }),
  retriedCase('MaximumRetryAttempts 0 lets a batch be tried once', PARAMETERS, async (deployed) => {
    const id = newId();
    await put(deployed, 'Untried', itemOf(id, 1, { fail: true }));
    await givenUp(deployed, id, 'Worker');
    assert.equal((await seenNow(deployed, id)).length, 1);
  }),
  retriedCase('what comes after a batch that was given up is processed', ERRORS, async (deployed) => {
    const id = newId();
    await put(deployed, 'Retried', itemOf(id, 1, { fail: true }));
    await put(deployed, 'Retried', itemOf(id, 2));
    await seen(deployed, id, { platformSeconds: 120, where: ({ numbers }) => numbers.includes(2) });
  }),
  retriedCase(
    'a record that gets older than MaximumRecordAgeInSeconds is given up',
    PARAMETERS,
    async (deployed) => {
      const id = newId();
      await put(deployed, 'Aging', itemOf(id, 1, { fail: true }));
      const { requestContext } = await givenUp(deployed, id, 'Worker');
      assert.equal(requestContext['condition'], 'RecordAgeExceeded');
    },
  ),
];

const bisected = [
  retriedCase('BisectBatchOnFunctionError leaves only the record that fails', ERRORS, async (deployed) => {
    const id = await putMany(deployed, 'Bisected', 8, (n) => (n === 5 ? { fail: true } : {}));
    const all = await until(
      deployed,
      240,
      () => seenNow(deployed, id),
      (some) => some.some(({ value }) => value.numbers.includes(8) && !value.numbers.includes(5)),
    );
    const done = all.filter(({ value }) => !value.numbers.includes(5)).flatMap(({ value }) => value.numbers);
    assert.deepEqual([...new Set(done)].sort(), [1, 2, 3, 4, 6, 7, 8]);
  }),
  retriedCase('a batch that was split is tried in halves', ERRORS, async (deployed) => {
    const id = await putMany(deployed, 'Halved', 4, (n) => (n === 4 ? { fail: true } : {}));
    const all = await until(
      deployed,
      240,
      () => seenNow(deployed, id),
      (some) => some.some(({ value }) => value.numbers.length === 1 && value.numbers[0] === 4),
    );
    const sizes = all.map(({ value }) => value.numbers.length);
    assert.deepEqual(sizes.slice(0, 5), [4, 2, 2, 1, 1]);
  }),
];

const reports = [
  ...BATCH_REPORTS.map(({ what, answer, fails }) =>
    retriedCase(
      `a report with ${what} is a complete ${fails ? 'failure' : 'success'}`,
      REPORTS,
      async (deployed) => {
        const id = newId();
        await put(deployed, 'Reported', itemOf(id, 1, { answer }));
        await seen(deployed, id, { count: fails ? 2 : 1, platformSeconds: 120 });
        await pause(deployed, 10);
        assert.equal((await seenNow(deployed, id)).length, fails ? 2 : 1);
      },
    ),
  ),
  retriedCase('a batch goes on from the first record that is reported', REPORTS, async (deployed) => {
    const id = await putMany(deployed, 'Reports', 4, (n) => (n === 3 ? { fail: 1 } : {}));
    const all = await until(
      deployed,
      120,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).length >= 6,
    );
    assert.deepEqual(numbersOf(all), [1, 2, 3, 4, 3, 4]);
  }),
  retriedCase('of several records that are reported the lowest counts', REPORTS, async (deployed) => {
    const id = await putMany(deployed, 'Lowest', 4, (n) => (n === 2 || n === 4 ? { fail: 1 } : {}));
    const all = await until(
      deployed,
      120,
      () => seenNow(deployed, id),
      (some) => numbersOf(some).length >= 7,
    );
    assert.deepEqual(numbersOf(all), [1, 2, 3, 4, 2, 3, 4]);
  }),
  retriedCase('a report counts only where the mapping asks for it', WITH_DDB, async (deployed) => {
    const id = newId();
    await put(
      deployed,
      'Retried',
      itemOf(id, 1, { answer: { batchItemFailures: [{ itemIdentifier: '' }] } }),
    );
    await seen(deployed, id);
    await pause(deployed, 20);
    assert.equal((await seenNow(deployed, id)).length, 1);
  }),
];

export const STREAM_FAILURE_CASES: readonly ConformanceCase[] = [
  ...batches,
  ...destination,
  ...retries,
  ...bisected,
  ...reports,
];
