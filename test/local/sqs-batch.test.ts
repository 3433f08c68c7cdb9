import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  arn,
  queueModel,
  sendAll,
  startMapping,
  startQueues,
  success,
  type TestRecord,
  upTo,
  workAndDead,
} from '../support/queues.ts';

const empty = { visible: 0, inFlight: 0, delayed: 0 };
const bodiesOf = (records: readonly TestRecord[]) => records.map(({ body }) => body).sort();

describe('a mapping with ReportBatchItemFailures', () => {
  it('of ten with a poison record does nine once and leads the tenth to the dead-letter queue', async () => {
    const sqs = await startQueues(workAndDead(3));
    await sendAll(sqs, [...upTo(9), 'poison']);
    const done: string[] = [];
    startMapping(
      sqs,
      (records) => {
        done.push(...bodiesOf(records).filter((body) => body !== 'poison'));
        const poison = records.filter(({ body }) => body === 'poison');
        return success({
          batchItemFailures: poison.map(({ messageId }) => ({ itemIdentifier: messageId })),
        });
      },
      { reportBatchItemFailures: true },
    );
    await eventually(() => sqs.peek(arn('dead'), 10)).toHaveLength(1);
    expect((await sqs.peek(arn('dead'), 10))[0]?.body).toBe('poison');
    expect(done.sort()).toEqual([...upTo(9)]);
    expect(await sqs.depth(arn('work'))).toEqual(empty);
  });

  const unreadable: readonly [string, string | ((known: string) => unknown)][] = [
    ['no JSON', '{"batch'],
    ['no object', '"done"'],
    ['no list', '{"batchItemFailures":"m1"}'],
    ['an empty identifier', (known) => [{ itemIdentifier: known }, { itemIdentifier: '' }]],
    ['a null identifier', () => [{ itemIdentifier: null }]],
    ['a misspelt key', (known) => [{ ItemIdentifier: known }]],
    ['a message that is not in the batch', (known) => [{ itemIdentifier: known }, { itemIdentifier: 'm9' }]],
  ];
  it.each(unreadable)('takes a response with %s for the failure of the whole batch', async (_, response) => {
    const sqs = await startQueues([queueModel('work')]);
    await sendAll(sqs, ['one', 'two']);
    const seen: string[][] = [];
    startMapping(
      sqs,
      (records) => {
        if (seen.push(bodiesOf(records)) > 1) return success();
        const { messageId } = records[0] as TestRecord;
        if (typeof response === 'string') return { kind: 'success', payload: response };
        return success({ batchItemFailures: response(messageId) });
      },
      { reportBatchItemFailures: true },
    );
    await eventually(() => seen.flat().sort()).toEqual(['one', 'one', 'two', 'two']);
    await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
  });

  it.each(['', 'null', '{}', '{"batchItemFailures":null}', '{"batchItemFailures":[]}'])(
    'takes the response %j for the success of the whole batch',
    async (payload) => {
      const sqs = await startQueues([queueModel('work')]);
      await sendAll(sqs, ['one']);
      const mapping = startMapping(sqs, () => ({ kind: 'success', payload }), {
        reportBatchItemFailures: true,
      });
      await eventually(() => sqs.depth(arn('work'))).toEqual(empty);
      expect(mapping.state()).toMatchObject({ records: 1, failures: 0 });
    },
  );
});
