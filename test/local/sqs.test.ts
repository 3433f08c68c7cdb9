import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';
import { eventually } from '../support/eventually.ts';
import {
  arn,
  functionError,
  gate,
  queueModel,
  REGION,
  sendAll,
  startMapping,
  startQueues,
  success,
  type TestRecord,
  throttled,
  upTo,
  workAndDead,
} from '../support/queues.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };
const bodiesOf = (records: readonly TestRecord[]) => records.map(({ body }) => body).sort();

describe('a mapping from a queue to a function', () => {
  it("gives the function Lambda's event and deletes what it has done", async () => {
    const sqs = await startQueues([queueModel('work')]);
    const payloads: string[] = [];
    const mapping = startMapping(sqs, (_, payload) => {
      payloads.push(payload);
      return success();
    });
    await sqs.send(arn('work'), { body: 'hello', attributes: { origin: 'test' } });
    await eventually(() => payloads.length).toBe(1);
    expect(JSON.parse(payloads[0] ?? '')).toEqual({
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            origin: { stringValue: 'test', stringListValues: [], binaryListValues: [], dataType: 'String' },
          },
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: arn('work'),
          awsRegion: REGION,
        },
      ],
    });
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    await eventually(() => mapping.state().inFlight).toBe(0);
    expect(mapping.state()).toMatchObject({ batches: 1, records: 1, failures: 0, callErrors: 0 });
  });

  it('leaves the whole batch of a function that fails, and after maxReceiveCount it is in the dead-letter queue', async () => {
    const sqs = await startQueues(workAndDead(3));
    const counts: string[] = [];
    await sendAll(sqs, ['one', 'two']);
    const mapping = startMapping(sqs, (records) => {
      counts.push(...records.map(({ attributes }) => attributes['ApproximateReceiveCount'] ?? ''));
      return functionError;
    });
    await eventually(() => sqs.depth(arn('dead'))).toEqual({ ...empty, visible: 2 });
    expect(counts.sort()).toEqual(['1', '1', '2', '2', '3', '3']);
    expect(await sqs.depth(arn('work'))).toEqual(empty);
    expect(mapping.state().failures).toBe(6);
  });

  it('never runs more batches beside each other than the maximum concurrency', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sendAll(sqs, upTo(12));
    const wall = gate();
    let now = 0;
    let most = 0;
    const mapping = startMapping(
      sqs,
      async () => {
        most = Math.max(most, ++now);
        await wall.passed;
        now--;
        return success();
      },
      { batchSize: 1, maximumConcurrency: 3 },
    );
    await eventually(() => mapping.state().inFlight).toBe(3);
    wall.open();
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(most).toBe(3);
    expect(mapping.state().batches).toBe(12);
  });

  it('deletes what no filter admits and never shows it to the function', async () => {
    const sqs = await startQueues([queueModel('work')]);
    const seen: string[] = [];
    const large = compilePattern({ body: { total: [{ numeric: ['>', 100] }] } });
    const text = compilePattern({ body: [{ prefix: 'urgent' }] });
    const mapping = startMapping(
      sqs,
      (records) => {
        seen.push(...bodiesOf(records));
        return success();
      },
      { filters: [large, text] },
    );
    await sendAll(sqs, ['{"total":5}', '{"total":500}', 'idle talk', 'urgent: call']);
    await eventually(() => mapping.state().filtered).toBe(2);
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(seen.sort()).toEqual(['urgent: call', '{"total":500}']);
  });

  it('gathers until the batching window is over', async () => {
    const sqs = await startQueues([queueModel('work', { visibilityTimeoutSeconds: 60 })]);
    const seen: string[][] = [];
    const mapping = startMapping(
      sqs,
      (records) => {
        seen.push(bodiesOf(records));
        return success();
      },
      { batchingWindowSeconds: 20 },
    );
    await sendAll(sqs, ['a']);
    await eventually(() => mapping.state().polls).toBeGreaterThan(1);
    await sendAll(sqs, ['b']);
    await eventually(() => seen).toEqual([['a', 'b']]);
  });

  it('waits for no batching window when the batch is full', async () => {
    const sqs = await startQueues([queueModel('work', { visibilityTimeoutSeconds: 600 })]);
    await sendAll(sqs, upTo(12));
    const sizes: number[] = [];
    startMapping(
      sqs,
      (records) => {
        sizes.push(records.length);
        return success();
      },
      { batchSize: 12, batchingWindowSeconds: 300 },
    );
    await eventually(() => sizes).toEqual([12]);
  });

  it('offers a throttled batch again while its visibility timeout lasts, without another receive', async () => {
    const sqs = await startQueues([queueModel('work', { visibilityTimeoutSeconds: 30 })]);
    await sendAll(sqs, ['one']);
    const counts: (string | undefined)[] = [];
    const mapping = startMapping(sqs, ([record]) => {
      counts.push(record?.attributes['ApproximateReceiveCount']);
      return counts.length < 3 ? throttled : success();
    });
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(counts).toEqual(['1', '1', '1']);
    expect(mapping.state()).toMatchObject({ throttles: 2, batches: 1, failures: 0 });
  });

  it('returns what stays throttled to the queue, from which it comes again', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sendAll(sqs, ['one', 'two']);
    let busy = true;
    const mapping = startMapping(sqs, () => (busy ? throttled : success()));
    const leastReceived = async () =>
      Math.min(...(await sqs.peek(arn('work'), 10)).map(({ receiveCount }) => receiveCount));
    await eventually(leastReceived).toBeGreaterThanOrEqual(2);
    expect(mapping.state()).toMatchObject({ batches: 0, failures: 0 });
    busy = false;
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(mapping.state().records).toBe(2);
  });
});
