import { EventBridgeClient, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { type Envelope, readEnvelope } from '../../lib/events/envelope.ts';
import { eventPublisher } from '../../lib/events/publisher.ts';
import { type FakeClock, fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

type Answer = readonly ({ EventId: string } | { ErrorCode: string; ErrorMessage: string })[] | 'hang' | Error;

const event = (number: number): Envelope => ({
  id: `e${number}`,
  type: 'order.placed',
  time: '2026-03-04T05:06:07.000Z',
  data: { number },
});
const idOf = ({ Detail = '' }: PutEventsRequestEntry) => (JSON.parse(Detail) as Envelope).id;
const lost = { ErrorCode: 'InternalFailure', ErrorMessage: 'lost' };

/** A publisher whose bus answers as it is told; what is sent is written down. */
function setUp(answers: (entries: readonly PutEventsRequestEntry[], call: number) => Answer, attempts = 3) {
  const clock = fakeClock();
  const calls: PutEventsRequestEntry[][] = [];
  const client = new EventBridgeClient({ region: 'eu-west-1' });
  client.send = async (command: unknown) => {
    const { Entries } = (command as { input: { Entries: PutEventsRequestEntry[] } }).input;
    calls.push(Entries);
    const answer = answers(Entries, calls.length);
    if (answer === 'hang') return new Promise(() => undefined);
    if (answer instanceof Error) throw answer;
    return { Entries: answer };
  };
  const options = { bus: 'orders', source: 'shop', attempts, client, clock, random: seededRandom(1) };
  return { publisher: eventPublisher(options), calls, clock };
}
const taken = (entries: readonly PutEventsRequestEntry[]): Answer => entries.map(() => ({ EventId: 'x' }));

/** Lets time pass until the promise settles. */
async function during<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  for (let rounds = 0; rounds < 100 && !settled; rounds++) {
    await clock.advance(1_000);
    await settle();
  }
  return promise;
}

describe('publishing', () => {
  it('sends each event with its type, source, time and whole envelope', async () => {
    const { publisher, calls } = setUp(taken);
    expect(await publisher.publish([event(1)])).toEqual([]);
    expect(calls).toEqual([
      [
        {
          EventBusName: 'orders',
          Source: 'shop',
          DetailType: 'order.placed',
          Time: new Date('2026-03-04T05:06:07.000Z'),
          Detail: JSON.stringify(event(1)),
        },
      ],
    ]);
  });

  it('sends ten at a time, in order', async () => {
    const { publisher, calls } = setUp(taken);
    await publisher.publish(Array.from({ length: 23 }, (_, index) => event(index)));
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(calls.flat().map(idOf)).toEqual(Array.from({ length: 23 }, (_, index) => `e${index}`));
  });

  it('tries again those entries that failed, and no other', async () => {
    const { publisher, calls, clock } = setUp((entries, call) =>
      entries.map((entry) => (call === 1 && idOf(entry) === 'e2' ? lost : { EventId: 'x' })),
    );
    expect(await during(clock, publisher.publish([event(1), event(2), event(3)]))).toEqual([]);
    expect(calls.map((entries) => entries.map(idOf))).toEqual([['e1', 'e2', 'e3'], ['e2']]);
  });

  it('gives back what the bus does not take in the end, with the reason, and never throws', async () => {
    const { publisher, calls, clock } = setUp((entries) => entries.map(() => lost));
    const unpublished = await during(clock, publisher.publish([event(1)]));
    expect(calls).toHaveLength(3);
    expect(unpublished).toEqual([{ event: event(1), error: expect.any(Error) }]);
    expect(String(unpublished[0]?.error)).toMatch(/InternalFailure: lost/);
  });

  it.each<[string, Answer]>([
    ['a call that fails', new Error('no network')],
    ['a call that is not answered', 'hang'],
    ['an answer without entries', []],
  ])('tries all again after %s', async (_, answer) => {
    const { publisher, calls, clock } = setUp((entries, call) => (call === 1 ? answer : taken(entries)));
    expect(await during(clock, publisher.publish([event(1), event(2)]))).toEqual([]);
    expect(calls.map((entries) => entries.map(idOf))).toEqual([
      ['e1', 'e2'],
      ['e1', 'e2'],
    ]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [{ bus: '' }, /`bus` to be a non-empty string/],
    [{ attempts: 0 }, /`attempts` to be an integer from 1 to 10/],
    [{ attemptTimeoutMs: 0 }, /`attemptTimeoutMs`/],
    [{ colour: 'red' }, /unknown option `colour`/],
  ])('is refused with bad options: %j', (options, reason) => {
    expect(() => eventPublisher({ bus: 'b', source: 's', ...options })).toThrow(reason);
  });
});

describe('an envelope', () => {
  it('is read out of JSON, and what it is not supposed to have is left out', () => {
    expect(readEnvelope({ ...event(1), extra: true })).toEqual(event(1));
  });

  it.each([
    [undefined, /needs `id`/],
    [null, /needs `id`/],
    ['text', /needs `id`/],
    [{ ...event(1), id: '' }, /needs `id`/],
    [{ ...event(1), id: 7 }, /needs `id`/],
    [{ ...event(1), type: 'x'.repeat(201) }, /needs `type`/],
    [{ ...event(1), time: undefined }, /needs `time`/],
  ])('is refused when it lacks something: %j', (value, reason) => {
    expect(() => readEnvelope(value)).toThrow(reason);
  });
});
