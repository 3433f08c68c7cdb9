import { describe, expect, it } from 'vitest';
import { receive } from '../../lib/local/sqs/client.ts';
import type { Sqs } from '../../lib/local/sqs/server.ts';
import { eventually } from '../support/eventually.ts';
import {
  type Answer,
  arn,
  functionError,
  gate,
  queueModel,
  startMapping,
  startQueues,
  success,
  upTo,
} from '../support/queues.ts';

const ORDERS = 'orders.fifo';
const empty = { visible: 0, inFlight: 0, delayed: 0 };

const startOrders = (more: Parameters<typeof queueModel>[1] = {}) =>
  startQueues([queueModel(ORDERS, { contentBasedDeduplication: true, ...more })]);

async function sendGroup(sqs: Sqs, messageGroupId: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies)
    expect(await sqs.send(arn(ORDERS), { body, messageGroupId })).toEqual({ kind: 'accepted' });
}

/** A mapping that notes the bodies of each batch. */
function startNoting(
  sqs: Sqs,
  answer: (bodies: readonly string[]) => Answer | Promise<Answer> = () => success(),
) {
  const batches: (readonly string[])[] = [];
  const mapping = startMapping(
    sqs,
    (records) => {
      const bodies = records.map(({ body }) => body);
      batches.push(bodies);
      return answer(bodies);
    },
    { queueArn: arn(ORDERS), reportBatchItemFailures: true },
  );
  return { batches, mapping };
}

describe('a mapping from a FIFO queue', () => {
  it('gives the function as many messages of one group as there are, in their order', async () => {
    const sqs = await startOrders();
    await sendGroup(sqs, 'a', upTo(8));
    const { batches } = startNoting(sqs);
    await eventually(() => sqs.depth(arn(ORDERS))).toEqual(empty);
    expect(batches).toEqual([upTo(8)]);
  });

  it('fills a batch with the first group before it takes the next, and gives ten at most', async () => {
    const sqs = await startOrders();
    await sendGroup(sqs, 'a', ['a0', 'a1']);
    await sendGroup(sqs, 'b', upTo(9));
    await sendGroup(sqs, 'a', ['a2']);
    const { batches } = startNoting(sqs);
    await eventually(() => sqs.depth(arn(ORDERS))).toEqual(empty);
    expect(batches).toEqual([
      ['a0', 'a1', 'a2', ...upTo(7)],
      ['m7', 'm8'],
    ]);
  });

  it('holds a group back while its messages are with the function, and no other group', async () => {
    const sqs = await startOrders();
    const wall = gate();
    const { batches } = startNoting(sqs, async ([first]) => {
      if (first === 'a0') await wall.passed;
      return success();
    });
    await sendGroup(sqs, 'a', ['a0']);
    await eventually(() => batches).toEqual([['a0']]);
    await sendGroup(sqs, 'a', ['a1', 'a2']);
    await sendGroup(sqs, 'b', ['b0']);
    await eventually(() => batches).toEqual([['a0'], ['b0']]);
    wall.open();
    await eventually(() => batches).toEqual([['a0'], ['b0'], ['a1', 'a2']]);
  });

  it.each<[string, () => Answer]>([
    ['the function fails', () => functionError],
    [
      'the function gives back',
      () => success({ batchItemFailures: [{ itemIdentifier: 'none of the batch' }] }),
    ],
  ])('brings back in their order what %s', async (_what, answer) => {
    const sqs = await startOrders();
    await sendGroup(sqs, 'a', upTo(5));
    let failures = 0;
    const { batches } = startNoting(sqs, () => (failures++ === 0 ? answer() : success()));
    await eventually(() => sqs.depth(arn(ORDERS))).toEqual(empty);
    expect(batches).toEqual([upTo(5), upTo(5)]);
  });
});

describe('a FIFO queue', () => {
  it('gives a receiver without a visibility timeout each message once', async () => {
    const sqs = await startOrders({ visibilityTimeoutSeconds: 0 });
    await sendGroup(sqs, 'a', upTo(3));
    const url = sqs.urlOf(arn(ORDERS)) ?? '';
    const received = await receive(sqs.endpoint, url, { max: 10, waitSeconds: 0 });
    expect(received.map(({ Body }) => Body)).toEqual(['m0']);
  });
});
