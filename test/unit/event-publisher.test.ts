import { EventBridgeClient, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import type { FibrinError } from '../../lib/core/errors.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import type { Envelope } from '../../lib/events/envelope.ts';
import { eventPublisher, type PublisherOptions } from '../../lib/events/publisher.ts';
import { type FakeClock, fakeClock, lambdaContext, seededRandom, settle } from '../../lib/testing/index.ts';
import { orderEvent as event } from '../support/orders.ts';

type Result = { EventId: string } | { ErrorCode: string; ErrorMessage: string };
type Answer = readonly Result[] | 'hang' | Error;

const idOf = ({ Detail = '' }: PutEventsRequestEntry) => (JSON.parse(Detail) as Envelope).id;
const refused = (ErrorCode: string) => ({ ErrorCode, ErrorMessage: 'hunter2' });
const lost = refused('InternalFailure');
const taken = (entries: readonly PutEventsRequestEntry[]): Answer => entries.map(() => ({ EventId: 'x' }));
const named = (name: string) => Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
/** Events with these numbers. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => event(index));
/** An event whose entry has so many bytes. */
const ofBytes = (number: number, bytes: number) => {
  const otherBytes =
    JSON.stringify(event(number, { data: '' })).length + 'order.placed'.length + 'shop'.length + 14;
  return event(number, { data: 'x'.repeat(bytes - otherBytes) });
};

/** A publisher whose bus answers as it is asked to; what is sent is written down. */
function setUp(
  answers: (entries: readonly PutEventsRequestEntry[], call: number) => Answer,
  options: Partial<PublisherOptions> = {},
) {
  const clock = fakeClock(Date.parse('2026-03-04T05:06:07Z'));
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
  const publisher = eventPublisher({
    ...{ bus: 'orders', source: 'shop', client, clock, random: seededRandom(1) },
    ...options,
  });
  const sent = () => calls.map((entries) => entries.map(idOf));
  return { publisher, calls, sent, clock };
}

/** Lets time pass until the promise settles. */
async function during<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = () => {
    settled = true;
  };
  promise.then(end, end);
  for (let rounds = 0; rounds < 200 && !settled; rounds++) {
    await clock.advance(100);
    await settle();
  }
  return promise;
}

const codesOf = (unpublished: readonly { readonly event: Envelope; readonly error: unknown }[]) =>
  unpublished.map(({ event: { id }, error }) => [id, (error as { code?: string }).code]);

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

  it('sends nothing for no events', async () => {
    const { publisher, calls } = setUp(taken);
    expect(await publisher.publish([])).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('sends ten at a time, in order', async () => {
    const { publisher, calls, sent } = setUp(taken);
    await publisher.publish(upTo(23));
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(sent().flat()).toEqual(upTo(23).map(({ id }) => id));
  });

  it('sends less than 1 MB at a time', async () => {
    const { publisher, calls } = setUp(taken);
    const half = 1_048_575 / 2;
    const events = [
      ofBytes(1, Math.ceil(half)),
      ofBytes(2, Math.floor(half)),
      ofBytes(3, 1_000_000),
      event(4),
    ];
    expect(await publisher.publish(events)).toEqual([]);
    expect(calls.map(({ length }) => length)).toEqual([2, 2]);
    await publisher.publish([ofBytes(1, Math.ceil(half)), ofBytes(2, Math.ceil(half))]);
    expect(calls.slice(2).map(({ length }) => length)).toEqual([1, 1]);
  });

  it.each<[string, Envelope, string]>([
    ['too large', event('bad', { data: 'x'.repeat(1_000_000) }), 'EVENT_TOO_LARGE'],
    ['without a time', event('bad', { time: 'yesterday' }), 'BAD_ENVELOPE'],
    ['of a type that is too long', event('bad', { type: 'x'.repeat(129) }), 'BAD_ENVELOPE'],
    ['with data that JSON drops', event('bad', { data: { a: undefined } }), 'BAD_ENVELOPE'],
    ['with a bigint', event('bad', { data: 1n }), 'BAD_ENVELOPE'],
    ['that is none', null as never, 'BAD_ENVELOPE'],
  ])('refuses an event %s alone, and sends the others', async (_, bad, code) => {
    const { publisher, sent } = setUp(taken);
    const unpublished = await publisher.publish([event(1), bad, event(2)]);
    expect(unpublished).toMatchObject([{ error: { code } }]);
    expect(unpublished[0]?.event).toBe(bad);
    expect(sent()).toEqual([['e1', 'e2']]);
  });

  it('sends again those events that were not taken, and no other', async () => {
    const { publisher, sent, clock } = setUp((entries, call) =>
      entries.map((entry) => (call === 1 && idOf(entry) === 'e2' ? lost : { EventId: 'x' })),
    );
    expect(await during(clock, publisher.publish([event(1), event(2), event(3)]))).toEqual([]);
    expect(sent()).toEqual([['e1', 'e2', 'e3'], ['e2']]);
  });

  it('gives back what the bus does not take in the end, with the code, and without its message', async () => {
    const { publisher, calls, clock } = setUp((entries) => entries.map(() => lost));
    const unpublished = await during(clock, publisher.publish([event(1)]));
    expect(calls).toHaveLength(3);
    expect(codesOf(unpublished)).toEqual([['e1', 'EVENT_REJECTED']]);
    expect(String(unpublished[0]?.error)).toMatch(/InternalFailure/);
    expect(String(unpublished[0]?.error)).not.toMatch(/hunter2/);
  });

  it.each([
    'AccessDeniedException',
    'InvalidAccountIdException',
    'InvalidArgument',
    'MalformedDetail',
    'RedactionFailure',
    'NotAuthorizedForSourceException',
    'NotAuthorizedForDetailTypeException',
  ])('does not send an event again that is refused for good, with %s', async (code) => {
    const { publisher, sent, clock } = setUp((entries) =>
      entries.map((entry, index) =>
        idOf(entry) === 'e1' ? refused(code) : index > 0 ? lost : { EventId: 'x' },
      ),
    );
    const unpublished = await during(clock, publisher.publish([event(1), event(2)]));
    expect(codesOf(unpublished)).toEqual([['e1', 'EVENT_REJECTED']]);
    expect(sent()).toEqual([['e1', 'e2'], ['e2']]);
  });

  it.each<[string, Answer]>([
    ['a call that fails', new Error('no network')],
    ['a call that is not answered', 'hang'],
    ['an answer without entries', []],
    ['a code that is not known', [refused('Unheard'), refused('of')]],
  ])('sends all again after %s', async (_, answer) => {
    const { publisher, sent, clock } = setUp((entries, call) => (call === 1 ? answer : taken(entries)));
    expect(await during(clock, publisher.publish([event(1), event(2)]))).toEqual([]);
    expect(sent()).toEqual([
      ['e1', 'e2'],
      ['e1', 'e2'],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('does not send again after a refusal for good, such as a missing permission', async () => {
    const denied = named('AccessDeniedException');
    const { publisher, calls } = setUp(() => denied);
    const unpublished = await publisher.publish([event(1), event(2)]);
    expect(calls).toHaveLength(1);
    expect(unpublished.map(({ error }) => error)).toEqual([denied, denied]);
  });

  it.each([
    ['ValidationException', named('ValidationException')],
    ['SerializationException', named('SerializationException')],
    ['413', Object.assign(new Error('too large'), { $metadata: { httpStatusCode: 413 } })],
  ])('divides a request that is refused for what it holds, with %s', async (_, error) => {
    const { publisher, sent } = setUp((entries) =>
      entries.some((entry) => idOf(entry) === 'e2') ? error : taken(entries),
    );
    const unpublished = await publisher.publish(upTo(5));
    expect(unpublished).toEqual([{ event: event(2), error }]);
    expect(
      sent()
        .filter((ids) => !ids.includes('e2'))
        .flat()
        .sort(),
    ).toEqual(['e0', 'e1', 'e3', 'e4']);
  });

  it('ignores an answer that comes after its attempt was given up', async () => {
    const late = Promise.withResolvers<{ readonly Entries: readonly Result[] }>();
    const client = new EventBridgeClient({ region: 'eu-west-1' });
    let calls = 0;
    client.send = async () => (++calls === 1 ? late.promise : new Promise(() => undefined));
    const { publisher, clock } = setUp(taken, { client, retry: { maxAttempts: 2 } });
    const unpublished = publisher.publish([event(1), event(2)]);
    await clock.advance(2_100);
    late.resolve({ Entries: [{ EventId: 'x' }, refused('InvalidArgument')] });
    expect(codesOf(await during(clock, unpublished))).toEqual([
      ['e1', 'ATTEMPT_TIMEOUT'],
      ['e2', 'ATTEMPT_TIMEOUT'],
    ]);
  });

  it('spends its budget on events, and earns with those that are taken', async () => {
    const { publisher, calls, clock } = setUp((entries) => entries.map(() => lost), {
      retry: { maxAttempts: 2, budget: { ratio: 0.5, burst: 3 } },
    });
    const first = await during(clock, publisher.publish(upTo(5)));
    expect(calls.map(({ length }) => length)).toEqual([5, 3]);
    expect(codesOf(first).map(([, code]) => code)).toEqual([
      ...Array(3).fill('EVENT_REJECTED'),
      ...Array(2).fill('RETRY_BUDGET_EXHAUSTED'),
    ]);
  });

  it('sends each event once with retry: false', async () => {
    const { publisher, calls } = setUp((entries) => entries.map(() => lost), { retry: false });
    expect(await publisher.publish([event(1)])).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });

  it('gives back what there is no time for in the invocation, and sends it not at all', async () => {
    const { publisher, calls, clock } = setUp(() => 'hang');
    const handler = withDeadline({ clock }, () => publisher.publish(upTo(25)));
    const unpublished = await during(clock, handler({}, lambdaContext({ clock, remainingMs: 1_300 })));
    expect(unpublished).toHaveLength(25);
    expect(calls).toHaveLength(1);
  });

  it('reports its attempts as a policy does', async () => {
    const kinds: PolicyEvent['kind'][] = [];
    const { publisher } = setUp(taken, { onEvent: ({ kind }) => kinds.push(kind) });
    await publisher.publish([event(1)]);
    expect(kinds).toEqual(['attempt', 'outcome']);
  });

  it.each<[object, RegExp]>([
    [{ bus: '' }, /`bus` to be a non-empty string/],
    [
      { source: 'aws.events' },
      /`source` to be a text of 1 to 256 characters that does not begin with "aws\."/,
    ],
    [{ source: 'x'.repeat(257) }, /`source`/],
    [{ retry: { maxAttempts: 0 } }, /`maxAttempts` to be an integer from 1 to 10/],
    [{ retry: { budget: { ratio: 2 } } }, /`ratio`/],
    [{ attemptTimeoutMs: 0 }, /`attemptTimeoutMs`/],
    [{ buses: { restricted: '' } }, /`buses\.restricted` to be a non-empty string/],
    [{ buses: { restricted: 'b' } }, /`buses\.restricted` to be another bus than `bus`/],
    [{ attempts: 3 }, /unknown option `attempts`/],
  ])('is refused with bad options: %j', (options, reason) => {
    expect(() => eventPublisher({ bus: 'b', source: 's', ...options })).toThrow(reason);
  });
});

describe('publishing in order', () => {
  const orderBy = ({ id }: Envelope) => id.slice(0, 2);
  const events = (...ids: readonly string[]) => ids.map((id) => event(id));

  it('never sends two events of a key in one request', async () => {
    const { publisher, sent } = setUp(taken);
    expect(await publisher.publish(events('a1', 'b1', 'a2', 'c1', 'a3'), { orderBy })).toEqual([]);
    expect(sent()).toEqual([['ea1', 'eb1'], ['ea2', 'ec1'], ['ea3']]);
  });

  it('holds the later events of a key back after one that is not published, and no others', async () => {
    const { publisher, sent } = setUp((entries) =>
      entries.map((entry) => (idOf(entry) === 'ea1' ? refused('InvalidArgument') : { EventId: 'x' })),
    );
    const unpublished = await publisher.publish(events('a1', 'b1', 'a2', 'b2'), { orderBy });
    expect(codesOf(unpublished)).toEqual([
      ['ea1', 'EVENT_REJECTED'],
      ['ea2', 'EVENT_HELD_BACK'],
    ]);
    expect(unpublished.map(({ error }) => (error as FibrinError).retryable)).toEqual([false, true]);
    expect(sent()).toEqual([['ea1', 'eb1'], ['eb2']]);
  });

  it('holds them back after one that is malformed too, and not after one that has expired', async () => {
    const { publisher, sent } = setUp(taken);
    const bad = event('a1', { data: undefined });
    const old = event('b1', { metadata: { expiresAt: '2026-03-04T00:00:00Z' } });
    const unpublished = await publisher.publish([bad, old, ...events('a2', 'b2')], { orderBy });
    expect(codesOf(unpublished)).toEqual([
      ['ea1', 'BAD_ENVELOPE'],
      ['eb1', 'EVENT_EXPIRED'],
      ['ea2', 'EVENT_HELD_BACK'],
    ]);
    expect(sent()).toEqual([['eb2']]);
  });

  it.each([{ orderby: orderBy }, { orderBy: 'id' }])('refuses the options %j', async (options) => {
    const { publisher, calls } = setUp(taken);
    await expect(publisher.publish(events('a1'), options as never)).rejects.toThrow(/^publish: .*`order/);
    expect(calls).toEqual([]);
  });

  it('gives back an event whose key cannot be made', async () => {
    const { publisher } = setUp(taken);
    const broken = (each: Envelope) => (each.id === 'ea1' ? expect.fail('no key') : 'a');
    expect(await publisher.publish(events('a1', 'a2'), { orderBy: broken })).toMatchObject([
      { event: { id: 'ea1' } },
    ]);
  });
});

describe('an event that expires', () => {
  const until = (expiresAt: string) => event(1, { metadata: { expiresAt } });

  it('is not sent from then on', async () => {
    const { publisher, sent } = setUp(taken);
    const unpublished = await publisher.publish([until('2026-03-04T05:06:07Z'), event(2)]);
    expect(codesOf(unpublished)).toEqual([['e1', 'EVENT_EXPIRED']]);
    expect(sent()).toEqual([['e2']]);
  });

  it('is not sent again either', async () => {
    const { publisher, calls, clock } = setUp(() => 'hang');
    const unpublished = publisher.publish([until('2026-03-04T05:06:08Z')]);
    expect(codesOf(await during(clock, unpublished))).toEqual([['e1', 'EVENT_EXPIRED']]);
    expect(calls).toHaveLength(1);
  });
});

describe('an event with a sensitivity', () => {
  const restricted = event(1, { metadata: { sensitivity: 'restricted' } });

  it('goes to the bus that is named for it, and the others go to theirs', async () => {
    const { publisher, calls } = setUp(taken, { buses: { restricted: 'vault' } });
    expect(await publisher.publish([restricted, event(2)])).toEqual([]);
    expect(calls.flat().map(({ EventBusName }) => EventBusName)).toEqual(['vault', 'orders']);
  });

  it.each([{}, { buses: { secret: 'vault' } }])(
    'is refused where no bus is named for it: %j',
    async (options) => {
      const { publisher, calls } = setUp(taken, options);
      const unpublished = await publisher.publish([restricted]);
      expect(codesOf(unpublished)).toEqual([['e1', 'NO_BUS_FOR_SENSITIVITY']]);
      expect(unpublished[0]?.error).toMatchObject({
        message: '`buses` names no bus for the sensitivity "restricted" of the event',
      });
      expect(calls).toEqual([]);
    },
  );

  it('is refused where its name is one of every object', async () => {
    const { publisher } = setUp(taken, { buses: { restricted: 'vault' } });
    const odd = event(1, { metadata: { sensitivity: 'constructor' } });
    expect(codesOf(await publisher.publish([odd]))).toEqual([['e1', 'NO_BUS_FOR_SENSITIVITY']]);
  });
});
