import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queueBatch } from '../../lib/events/batch.ts';
import type { Envelope } from '../../lib/events/envelope.ts';
import { type OutboxRecord, outboxRelay } from '../../lib/events/outbox.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';

const event = (id: string): Envelope => ({ id, type: 't', time: '2026-03-04T05:06:07Z', data: {} });
const image = (id?: string) => ({
  pk: { S: 'user#1' },
  ...(id && { outbox: { S: JSON.stringify(event(id)) } }),
});
const record = (sequence: number, now?: string, before?: string): OutboxRecord => ({
  dynamodb: { SequenceNumber: String(sequence), NewImage: image(now), OldImage: image(before) },
});

/** A relay whose bus does not take the events of these ids. */
function setUp(refused: readonly string[] = []) {
  const published: string[] = [];
  const relay = outboxRelay({
    async publish(events) {
      published.push(...events.map(({ id }) => id));
      return events
        .filter(({ id }) => refused.includes(id))
        .map((each) => ({ event: each, error: new Error('lost') }));
    },
  });
  return { published, relay };
}

function never(): never {
  throw new Error('a bad listener');
}

// What failed is told of on stderr, which is no news here.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

describe('the relay of an outbox', () => {
  it('publishes what each change put there, in order', async () => {
    const { relay, published } = setUp();
    const Records = [record(1, 'a'), record(2, 'b', 'a'), record(3, 'c', 'b')];
    expect(await relay({ Records })).toEqual({ batchItemFailures: [] });
    expect(published).toEqual(['a', 'b', 'c']);
  });

  it('publishes nothing for changes that put nothing there', async () => {
    const { relay, published } = setUp();
    const removed: OutboxRecord = { dynamodb: { SequenceNumber: '4', OldImage: image('a') } };
    await relay({ Records: [record(1), record(2, 'a', 'a'), record(3, undefined, 'a'), removed, {}] });
    expect(published).toEqual([]);
  });

  it('names the first record whose event was not taken, so that Lambda comes again from there', async () => {
    const { relay } = setUp(['b', 'd']);
    const Records = [record(1, 'a'), record(2, 'b'), record(3, 'c'), record(4, 'd')];
    expect(await relay({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  });

  it('fails for an outbox that holds no event, which ends at the on-failure destination', async () => {
    const { relay, published } = setUp();
    const broken: OutboxRecord = { dynamodb: { SequenceNumber: '1', NewImage: { outbox: { S: '{}' } } } };
    await expect(relay({ Records: [record(0, 'a'), broken] })).rejects.toMatchObject({
      code: 'BAD_ENVELOPE',
    });
    expect(published).toEqual([]);
  });
});

describe('a batch of a queue', () => {
  const records = ['a', 'b', 'c'].map((body) => ({ messageId: `m-${body}`, body }));

  it('names the records that failed, and does the others', async () => {
    const done: string[] = [];
    const failed: unknown[] = [];
    const handler = queueBatch<(typeof records)[number], unknown>(
      async ({ body }) => {
        if (body === 'b') throw new Error('poison');
        done.push(body);
      },
      { onFailure: ({ messageId }, error) => failed.push(messageId, String(error)) },
    );
    expect(await handler({ Records: records }, {})).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-b' }],
    });
    expect(done).toEqual(['a', 'c']);
    expect(failed).toEqual(['m-b', 'Error: poison']);
  });

  it('bears a handler that throws before it awaits anything', async () => {
    const handler = queueBatch<(typeof records)[number], unknown>(() => {
      throw new TypeError('no promise yet');
    });
    expect((await handler({ Records: records }, {})).batchItemFailures).toHaveLength(3);
  });

  it('hides what is blocked by a run elsewhere until that must be over, and nothing else', async () => {
    const hidden: unknown[] = [];
    const handler = queueBatch<(typeof records)[number], unknown>(
      async ({ body }) => {
        if (body === 'a') throw new InFlightError('ship', 12_300);
        if (body === 'b') throw new Error('poison');
        throw new InFlightError('ship', 100 * 3_600_000);
      },
      {
        onFailure: () => undefined,
        async hide({ messageId }, seconds) {
          hidden.push(messageId, seconds);
        },
      },
    );
    expect((await handler({ Records: records }, {})).batchItemFailures).toHaveLength(3);
    expect(hidden).toEqual(['m-a', 13, 'm-c', 43_200]);
  });

  it('bears that nothing can be hidden', async () => {
    const told: string[] = [];
    const handler = queueBatch<(typeof records)[number], unknown>(
      async () => {
        throw new InFlightError('ship', 1);
      },
      {
        onFailure: (_, error) => told.push(String(error)),
        hide: async () => {
          throw new Error('no such queue');
        },
      },
    );
    expect((await handler({ Records: records.slice(0, 1) }, {})).batchItemFailures).toHaveLength(1);
    expect(told).toEqual([expect.stringMatching(/InFlightError/), 'Error: no such queue']);
  });

  it.each([
    ['throws', () => never()],
    ['rejects', async () => never()],
  ])('redelivers only what failed when onFailure or hide %s', async (_how, fails) => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const handler = queueBatch<(typeof records)[number], unknown>(
      async ({ body }) => {
        if (body === 'b') throw new InFlightError('ship', 1);
      },
      { onFailure: fails, hide: fails },
    );
    expect(await handler({ Records: records }, {})).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-b' }],
    });
    expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
  });
});
