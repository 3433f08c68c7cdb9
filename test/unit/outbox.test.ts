import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import type { Envelope } from '../../lib/events/envelope.ts';
import type { OutboxRecord } from '../../lib/events/outbox.ts';
import type { EventPublisher } from '../../lib/events/publisher.ts';
import { type OutboxRelayOptions, outboxRelay } from '../../lib/events/relay.ts';
import { fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { orderEvent as event } from '../support/orders.ts';

const done = { batchItemFailures: [] };
const from = (sequence: number) => ({ batchItemFailures: [{ itemIdentifier: `${sequence}` }] });
const text = (id: string) => ({ S: JSON.stringify(event(id)) });
const image = (outbox?: unknown) => ({ pk: { S: 'user#1' }, ...(outbox !== undefined && { outbox }) });

/** A change of an item's outbox. */
const change = (sequence: number, now?: unknown, before?: unknown, item = 'user#1'): OutboxRecord => ({
  eventName: before === undefined ? 'INSERT' : 'MODIFY',
  dynamodb: {
    SequenceNumber: `${sequence}`,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
    Keys: { pk: { S: item } },
    NewImage: image(now),
    ...(before !== undefined && { OldImage: image(before) }),
  },
});
const record = (sequence: number, id: string, item = `user#${id}`) =>
  change(sequence, text(id), undefined, item);

/** A relay whose bus does not take the events of some ids. */
function setUp(refused: Readonly<Record<string, string>> = {}, options: OutboxRelayOptions = {}) {
  const batches: string[][] = [];
  const publisher: EventPublisher = {
    async publish(events) {
      batches.push(events.map(({ id }) => id.slice(1)));
      return events.flatMap((each) => {
        const code = refused[each.id.slice(1)];
        return code === undefined ? [] : [{ event: each, error: new FibrinError(code, 'hunter2') }];
      });
    },
  };
  const relay = outboxRelay(publisher, options);
  return {
    batches,
    published: () => batches.flat(),
    relay: (...Records: OutboxRecord[]) => relay({ Records }, {}),
  };
}

beforeEach(() => void vi.spyOn(console, 'error').mockReturnValue(undefined));
afterEach(() => void vi.restoreAllMocks());
const printed = () => vi.mocked(console.error).mock.calls.map(([line]) => String(line));
const lines = () => printed().map((line) => JSON.parse(line));

describe('the relay of an outbox', () => {
  it('publishes each event of a list, in order, and nothing of an empty one', async () => {
    const { relay, published } = setUp();
    const list = { S: JSON.stringify([event('a'), event('b')]) };
    expect(await relay(change(1, list), change(2, { L: [] }, list), change(3, text('c'), { L: [] }))).toEqual(
      done,
    );
    expect(published()).toEqual(['a', 'b', 'c']);
  });

  it('goes on from the record of which one event was not published', async () => {
    const { relay, published } = setUp({ b: 'EVENT_REJECTED' });
    const list = { S: JSON.stringify([event('a'), event('b')]) };
    expect(await relay(record(1, 'x'), change(2, list), record(3, 'y'))).toEqual(from(2));
    expect(published().slice(0, 3)).toEqual(['x', 'a', 'b']);
  });

  it('publishes what each change put there, in order', async () => {
    const { relay, published } = setUp();
    expect(
      await relay(record(1, 'a'), change(2, text('b'), text('a')), change(3, text('c'), text('b'))),
    ).toEqual(done);
    expect(published()).toEqual(['a', 'b', 'c']);
    expect(lines()).toEqual([]);
  });

  it('publishes nothing for changes that put nothing there', async () => {
    const { relay, published } = setUp();
    const removed: OutboxRecord = { eventName: 'REMOVE', dynamodb: { OldImage: image(text('a')) } };
    const records = [
      change(1),
      change(2, text('a'), text('a')),
      change(3, undefined, text('a')),
      change(4, { NULL: true }),
      removed,
      { ...removed, userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } },
    ];
    expect(await relay(...records)).toEqual(done);
    expect(published()).toEqual([]);
  });

  it('publishes an event that the DocumentClient has written as a map, and once', async () => {
    const { relay, batches } = setUp();
    const map = (name: string) => ({
      M: {
        ...{ id: { S: `e${name}` }, type: { S: 'order.placed' }, time: { S: '2026-03-04T05:06:07Z' } },
        data: { M: { total: { N: '12.5' }, lines: { L: [{ BOOL: true }, { NULL: true }] } } },
      },
    });
    const reordered = { M: Object.fromEntries(Object.entries(map('a').M).reverse()) };
    expect(
      await relay(change(1, map('a')), change(2, reordered, map('a')), change(3, map('b'), map('a'))),
    ).toEqual(done);
    expect(batches).toEqual([['a', 'b']]);
  });

  it('hands over what a map holds as JSON has it', async () => {
    const seen: Envelope[] = [];
    const relay = outboxRelay({
      async publish(events) {
        seen.push(...events);
        return [];
      },
    });
    const data = { M: { n: { N: '-1e3' }, list: { L: [{ S: 'x' }, { NULL: true }] }, yes: { BOOL: true } } };
    const M = { id: { S: 'e1' }, type: { S: 't' }, time: { S: '2026-03-04T05:06:07Z' }, data };
    await relay({ Records: [change(1, { M })] }, {});
    expect(seen).toEqual([
      event(1, { type: 't', time: '2026-03-04T05:06:07Z', data: { n: -1000, list: ['x', null], yes: true } }),
    ]);
  });

  it('reports the first record whose event was not published, and publishes no more than nine after it', async () => {
    const { relay, batches } = setUp({ b: 'EVENT_REJECTED', d: 'EVENT_REJECTED' });
    const ids = [...'abcdefghijklm'];
    expect(await relay(...ids.map((id, index) => record(index, id)))).toEqual(from(1));
    expect(batches).toEqual([ids.slice(0, 10)]);
    expect(lines()).toEqual([
      {
        level: 'ERROR',
        message: 'outboxRelay: a record failed',
        error: 'FibrinError EVENT_REJECTED',
        record: '1',
      },
    ]);
  });

  it('keeps the events of an item in order, and those of two items apart', async () => {
    const keys: string[] = [];
    const relay = outboxRelay({
      async publish(events, { orderBy } = {}) {
        keys.push(...events.map((each) => orderBy?.(each) ?? 'none'));
        return [];
      },
    });
    await relay({ Records: [record(1, 'a', 'x'), record(2, 'b', 'y'), record(3, 'c', 'x')] }, {});
    expect(keys[0]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  const view = (StreamViewType: string, images: object): OutboxRecord => ({
    eventName: 'MODIFY',
    dynamodb: { SequenceNumber: '3', StreamViewType, ...images },
  });
  const broken = (outbox: unknown) => change(3, outbox);
  it.each<[string, OutboxRecord, string]>([
    ['text that is no JSON', broken({ S: '{"password":"hunter2"' }), 'BAD_OUTBOX'],
    ['JSON that is no event', broken({ S: '{}' }), 'BAD_ENVELOPE'],
    [
      'an event of a type of 129 characters',
      broken({ S: JSON.stringify(event(1, { type: 'x'.repeat(129) })) }),
      'BAD_ENVELOPE',
    ],
    [
      'an event with a field that would be lost',
      broken({ S: JSON.stringify({ ...event(1), extra: 1 }) }),
      'BAD_ENVELOPE',
    ],
    [
      'an event that is too large',
      broken({ S: JSON.stringify(event(1, { data: 'x'.repeat(1_000_000) })) }),
      'EVENT_TOO_LARGE',
    ],
    ['a map that is no event', broken({ M: {} }), 'BAD_ENVELOPE'],
    ['a map with a set', broken({ M: { data: { SS: ['a'] } } }), 'BAD_OUTBOX'],
    [
      'a map with a number that is not exact',
      broken({ M: { data: { N: '9007199254740993' } } }),
      'BAD_OUTBOX',
    ],
    ['a number', broken({ N: '7' }), 'BAD_ENVELOPE'],
    ['a list of which one is no event', broken({ L: [text('x'), { M: {} }] }), 'BAD_ENVELOPE'],
    [
      'a list as text of which one is no event',
      broken({ S: JSON.stringify([event('x'), 1]) }),
      'BAD_ENVELOPE',
    ],
    ['bytes', broken({ B: 'aHVudGVyMg==' }), 'BAD_OUTBOX'],
    ['the keys of an item only', view('KEYS_ONLY', {}), 'BAD_STREAM_VIEW'],
    ['an item before the change only', view('OLD_IMAGE', { OldImage: image(text('a')) }), 'BAD_STREAM_VIEW'],
    ['an item after the change only', view('NEW_IMAGE', { NewImage: image(text('a')) }), 'BAD_STREAM_VIEW'],
    ['no item', { eventName: 'INSERT', dynamodb: { SequenceNumber: '3' } }, 'BAD_STREAM_VIEW'],
  ])('reports a record that holds %s by itself, after all before it was published', async (_, bad, code) => {
    const { relay, published } = setUp();
    expect(await relay(record(1, 'a'), record(2, 'b'), bad, record(4, 'd'))).toEqual(from(3));
    expect(published()).toEqual(['a', 'b']);
    expect(lines()).toMatchObject([{ error: `FibrinError ${code}`, record: '3' }]);
    expect(printed().join()).not.toContain('hunter2');
  });

  it('reports what fails before a record that cannot be published', async () => {
    const { relay } = setUp({ a: 'EVENT_REJECTED' });
    expect(await relay(record(1, 'a'), broken({ S: '{}' }))).toEqual(from(1));
  });

  it('skips an event that has expired, and reports it to onExpired', async () => {
    const expired: string[] = [];
    const { relay, published } = setUp({ b: 'EVENT_EXPIRED' }, { onExpired: ({ id }) => expired.push(id) });
    expect(await relay(record(1, 'a'), record(2, 'b'), record(3, 'c'))).toEqual(done);
    expect(published()).toEqual(['a', 'b', 'c']);
    expect(expired).toEqual(['eb']);
    expect(lines()).toEqual([]);
  });

  it('fails as a whole when it is to report a record without a sequence number', async () => {
    const { relay } = setUp();
    await expect(relay({ eventName: 'INSERT' })).rejects.toMatchObject({ code: 'NO_SEQUENCE_NUMBER' });
  });

  it.each([
    ['rejects', async () => Promise.reject(new Error('down'))],
    ['throws', () => expect.fail('down')],
  ])('reports the first record of what a publisher was to publish that %s', async (_, publish) => {
    const relay = outboxRelay({ publish });
    expect(await relay({ Records: [record(1, 'a'), record(2, 'b')] }, {})).toEqual(from(1));
  });

  it('takes a copy of an event that a publisher gives back for the event', async () => {
    const error = new Error('down');
    const relay = outboxRelay({
      publish: async (events) => events.map((each) => ({ event: { ...each }, error })),
    });
    expect(await relay({ Records: [record(1, 'a')] }, {})).toEqual(from(1));
  });

  it('answers before the time of the invocation is over', async () => {
    const clock = fakeClock();
    const relay = outboxRelay({ publish: () => new Promise(() => undefined) }, { clock });
    const answer = relay({ Records: [record(1, 'a')] }, lambdaContext({ clock, remainingMs: 3_000 }));
    await clock.advance(2_725);
    expect(await answer).toEqual(from(1));
  });

  it.each([{ onExpired: 'log' }, { concurrency: 2 }])('refuses the options %j', (options) => {
    expect(() => outboxRelay({ publish: async () => [] }, options as object)).toThrow(/outboxRelay: /);
  });

  it.each([undefined, { bus: 'orders', source: 'shop' }])(
    'refuses %j in the place of a publisher',
    (other) => {
      expect(() => outboxRelay(other as never)).toThrow(
        /^outboxRelay: expected `publisher` to be what `eventPublisher` gives/,
      );
    },
  );

  it('refuses an event without records', async () => {
    const relay = outboxRelay({ publish: async () => [] });
    await expect(relay({ detail: {} } as never, {})).rejects.toMatchObject({ code: 'NOT_A_BATCH' });
  });
});
