import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { listen, readBody } from '../../lib/local/http/server.ts';
import { platformClock } from '../../lib/local/platform-clock.ts';
import { callSqs, receive } from '../../lib/local/sqs/client.ts';
import { atEndOfTest } from '../support/ends.ts';
import { eventually } from '../support/eventually.ts';
import {
  arn,
  functionError,
  gate,
  queueModel,
  sendAll,
  startMapping,
  startQueues,
  success,
  upTo,
} from '../support/queues.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };

/** Passes calls on to SQS, but answers the n-th of an operation with 503. */
async function failingAt(endpoint: string, failing: Readonly<Record<string, number>>): Promise<string> {
  const calls = new Map<string, number>();
  const passOn = async (request: IncomingMessage, response: ServerResponse) => {
    const target = String(request.headers['x-amz-target']);
    const body = await readBody(request, 1_000_000);
    const operation = target.replace('AmazonSQS.', '');
    const call = (calls.get(operation) ?? 0) + 1;
    calls.set(operation, call);
    if (failing[operation] === call) return void response.writeHead(503).end('out of order');
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
      body: new Uint8Array(body),
    });
    response.writeHead(answer.status).end(await answer.text());
  };
  // A long poll that is cut off at the end of the test is no news.
  const relay = await listen(0, (request, response) => void passOn(request, response).catch(() => undefined));
  atEndOfTest(() => relay.close());
  return `http://127.0.0.1:${relay.port}`;
}

describe('a mapping loses no message', () => {
  it('when calls of SQS fail', async () => {
    const sqs = await startQueues([queueModel('work')]);
    const endpoint = await failingAt(sqs.endpoint, { ReceiveMessage: 1, DeleteMessageBatch: 1 });
    await sendAll(sqs, upTo(3));
    const mapping = startMapping({ ...sqs, endpoint }, () => success());
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(mapping.state()).toMatchObject({ batches: 1, records: 3, callErrors: 2 });
    expect(mapping.state().lastCallError).toContain('out of order');
  });

  it('when a call fails in the middle of a batching window: what is held goes to the function', async () => {
    const sqs = await startQueues([queueModel('work', { visibilityTimeoutSeconds: 600 })]);
    const endpoint = await failingAt(sqs.endpoint, { ReceiveMessage: 2 });
    await sendAll(sqs, ['one']);
    const mapping = startMapping({ ...sqs, endpoint }, () => success(), { batchingWindowSeconds: 10 });
    await eventually(() => mapping.state().records).toBe(1);
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
  });

  it('when it is stopped while the function works: another gets them', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sendAll(sqs, upTo(3));
    const wall = gate();
    const first = startMapping(sqs, async () => {
      await wall.passed;
      return success();
    });
    await eventually(() => first.state().inFlight).toBe(1);
    await first.stop();
    wall.open();
    const seen: string[] = [];
    startMapping(sqs, (records) => {
      seen.push(...records.map(({ body }) => body));
      return success();
    });
    await eventually(() => [...seen].sort()).toEqual(upTo(3));
  });

  it('when it is stopped in the middle of a long poll: the next that is sent is not swallowed', async () => {
    // Where SQS has not noticed yet that the poller has gone, the message comes again after its visibility timeout.
    const sqs = await startQueues([queueModel('work', { visibilityTimeoutSeconds: 1 })]);
    const mapping = startMapping(sqs, () => success());
    await eventually(() => mapping.state().polls).toBe(1);
    // By the time that this has its answer, the poll before it waits in the queue.
    await callSqs(sqs.endpoint, 'ListQueues', {});
    await mapping.stop();
    await sendAll(sqs, ['one']);
    const queueUrl = sqs.urlOf(arn('work')) ?? '';
    await eventually(() => receive(sqs.endpoint, queueUrl, { max: 1, waitSeconds: 0 })).toHaveLength(1);
  });

  it('when invoking goes wrong in a way of its own', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sendAll(sqs, ['one']);
    let calls = 0;
    startMapping(sqs, () => {
      if (++calls === 1) throw new Error('the runner stumbled');
      return success();
    });
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(calls).toBe(2);
  });
});

describe('the visibility timeout', () => {
  it('passes at the pace of the function while it works, so that nothing is given out twice', async () => {
    const sqs = await startQueues([queueModel('work')], 200);
    await sendAll(sqs, ['one']);
    const wall = gate();
    let calls = 0;
    startMapping(sqs, async () => {
      calls++;
      await wall.passed;
      return success();
    });
    await eventually(() => calls).toBe(1);
    const platform = platformClock(200);
    await eventually(() => platform.monotonic()).toBeGreaterThan(60_000);
    wall.open();
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
    expect(calls).toBe(1);
  });

  it('is what the function has set for a message, when it has', async () => {
    const sqs = await startQueues([queueModel('work')]);
    await sendAll(sqs, ['late', 'soon']);
    const seen: string[] = [];
    startMapping(
      sqs,
      async ([record]) => {
        seen.push(record?.body ?? '');
        if (record?.body === 'late')
          await callSqs(sqs.endpoint, 'ChangeMessageVisibility', {
            QueueUrl: sqs.urlOf(arn('work')),
            ReceiptHandle: record.receiptHandle,
            VisibilityTimeout: 600,
          });
        return functionError;
      },
      { batchSize: 1 },
    );
    await eventually(() => seen.filter((body) => body === 'soon').length).toBe(3);
    expect(seen.filter((body) => body === 'late')).toHaveLength(1);
  });
});

describe('a FIFO queue', () => {
  it('is served one batch at a time, each group in its order, also past a failure', async () => {
    const fifo = queueModel('work.fifo', { contentBasedDeduplication: true, visibilityTimeoutSeconds: 2 });
    const sqs = await startQueues([fifo]);
    for (const body of ['a1', 'b1', 'a2', 'b2', 'a3'])
      await sqs.send(arn('work.fifo'), { body, messageGroupId: body.slice(0, 1) });
    const seen: string[] = [];
    let now = 0;
    let most = 0;
    let stumbled = false;
    startMapping(
      sqs,
      async (records) => {
        most = Math.max(most, ++now);
        await sqs.depth(arn('work.fifo'));
        now--;
        if (!stumbled && records.some(({ body }) => body === 'a2')) {
          stumbled = true;
          return functionError;
        }
        seen.push(...records.map(({ body }) => body));
        return success();
      },
      { queueArn: arn('work.fifo') },
    );
    await eventually(() => seen.length).toBe(5);
    expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(seen.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2']);
    expect(most).toBe(1);
  });
});

it('nothing that was started is left after both are stopped', async () => {
  const held = () =>
    process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout|HTTP)/.test(name)).length;
  const before = held();
  const sqs = await startQueues([queueModel('work')]);
  const mapping = startMapping(sqs, () => success());
  await sendAll(sqs, ['one']);
  await eventually(() => mapping.state().records).toBe(1);
  expect(held()).toBeGreaterThan(before);
  await mapping.stop();
  await sqs.stop();
  await eventually(held).toBeLessThanOrEqual(before);
});
