import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, type Json, nameOf, newId, seen, seenNow } from '../events/calls.ts';
import { busCase, EVENTS, PUT_EVENTS, PUT_EVENTS_GUIDE, RESULT_ENTRY, RULES, STRUCTURE } from './pages.ts';
import { type BusEvent, entryOf, eventOf, type PutAnswer, put, putEntries } from './put.ts';

const SOURCE = 'plain';

interface Arrived {
  readonly event: BusEvent;
  readonly eventId: string;
  readonly deployed: Deployment;
}

async function arrive(deployed: Deployment, more: Json = {}): Promise<Arrived> {
  const id = newId();
  const eventId = await put(deployed, { id, source: SOURCE, type: 'Order Placed', detail: { a: [1] }, more });
  return { event: await eventOf(deployed, id), eventId, deployed };
}

const MEMBERS: Readonly<Record<string, (arrived: Arrived) => unknown>> = {
  'the version 0': ({ event }) => assert.equal(event.version, '0'),
  'the ID that PutEvents gave': ({ event, eventId }) => assert.equal(event.id, eventId),
  'its detail-type': ({ event }) => assert.equal(event['detail-type'], 'Order Placed'),
  'its source': ({ event }) => assert.equal(event.source, SOURCE),
  'the account': async ({ event, deployed }) =>
    assert.equal(event.account, await nameOf(deployed, 'ACCOUNT')),
  'the region': async ({ event, deployed }) =>
    assert.equal(event.region, await nameOf(deployed, 'AWS_REGION')),
  'a time in whole seconds': ({ event }) => assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  'no resources where none were given': ({ event }) => assert.deepEqual(event.resources, []),
  'its detail as an object': ({ event }) => assert.deepEqual(event.detail['a'], [1]),
};

const members = Object.entries(MEMBERS).map(([what, check]) =>
  busCase(`an event has ${what}`, STRUCTURE, async (deployed) => {
    await check(await arrive(deployed));
  }),
);

const given = [
  busCase('an event has the time of its entry', PUT_EVENTS, async (deployed) => {
    const { event } = await arrive(deployed, { Time: 1_506_969_828 });
    assert.equal(event.time, '2017-10-02T18:43:48Z');
  }),
  busCase('an event has the resources of its entry', PUT_EVENTS, async (deployed) => {
    const { event } = await arrive(deployed, { Resources: ['arn:aws:s3:::a', 'b'] });
    assert.deepEqual(event.resources, ['arn:aws:s3:::a', 'b']);
  }),
  busCase('an entry may name its bus by the ARN', PUT_EVENTS, async (deployed) => {
    const bus = await arnOf(deployed, 'events', `event-bus/${await nameOf(deployed, 'NAME_Main')}`);
    await arrive(deployed, { EventBusName: bus });
  }),
  busCase('an entry without a bus goes to the default bus', PUT_EVENTS, async (deployed) => {
    const id = newId();
    const { EventBusName: _, ...entry } = await entryOf(deployed, { id, source: 'conformance.default' });
    await putEntries(deployed, [entry]);
    assert.equal((await eventOf(deployed, id)).source, 'conformance.default');
  }),
];

const answerTo = async (deployed: Deployment, change: Json) =>
  putEntries(deployed, [{ ...(await entryOf(deployed, { id: newId(), source: SOURCE })), ...change }]);

const ENTRIES = [
  {
    title: 'an entry without a source fails with InvalidArgument',
    change: { Source: undefined },
    code: 'InvalidArgument',
  },
  {
    title: 'an entry without a detail-type fails with InvalidArgument',
    change: { DetailType: undefined },
    code: 'InvalidArgument',
  },
  {
    title: 'an entry without a detail fails with InvalidArgument',
    change: { Detail: undefined },
    code: 'InvalidArgument',
  },
  {
    title: 'a detail that is no JSON fails with MalformedDetail',
    change: { Detail: '{' },
    code: 'MalformedDetail',
  },
  {
    title: 'a source that begins with aws. fails with NotAuthorizedForSourceException',
    ...{ change: { Source: 'aws.s3' }, code: 'NotAuthorizedForSourceException' },
  },
] as const;

const failed = [
  ...ENTRIES.map(({ title, change, code }) =>
    busCase(title, RESULT_ENTRY, async (deployed) => {
      const { status, body } = await answerTo(deployed, change);
      const { FailedEntryCount, Entries } = body as PutAnswer;
      assert.deepEqual([status, FailedEntryCount, Entries?.[0]?.ErrorCode], [200, 1, code]);
      assert.ok(Entries[0]?.ErrorMessage);
    }),
  ),
  busCase(
    'an entry that fails does not keep the others back, and answers keep their order',
    PUT_EVENTS_GUIDE,
    async (deployed) => {
      const [first, last] = [newId(), newId()];
      const entries = await Promise.all(
        [first, newId(), last].map((id) => entryOf(deployed, { id, source: SOURCE })),
      );
      const { body } = await putEntries(
        deployed,
        entries.map((entry, n) => (n === 1 ? { ...entry, Detail: '{' } : entry)),
      );
      const { FailedEntryCount, Entries } = body as PutAnswer;
      assert.equal(FailedEntryCount, 1);
      assert.deepEqual(
        Entries.map(({ EventId }) => EventId !== undefined),
        [true, false, true],
      );
      await Promise.all([first, last].map((id) => seen(deployed, id)));
    },
  ),
];

const LIMITS = [
  {
    title: 'more than ten entries are refused',
    entries: (entry: Json) => Array.from({ length: 11 }, () => entry),
  },
  { title: 'a request without entries is refused', entries: () => [] },
  {
    title: 'entries of more than 1 MB are refused',
    entries: (entry: Json) => [{ ...entry, Detail: JSON.stringify({ a: 'x'.repeat(1_048_576) }) }],
  },
] as const;

const limits = LIMITS.map(({ title, entries }) =>
  busCase(title, PUT_EVENTS, async (deployed) => {
    const entry = await entryOf(deployed, { id: newId(), source: SOURCE });
    const { status } = await putEntries(deployed, entries(entry));
    assert.equal(status, 400);
  }),
);

const rules = [
  busCase('an event goes to the targets of every rule that matches', RULES, async (deployed) => {
    const id = newId();
    await put(deployed, { id, source: 'shared' });
    const fns = (await seen(deployed, id, { count: 3 })).map(({ value }) => value.fn);
    assert.deepEqual([...fns].sort(), ['Other', 'Sink', 'Sink']);
  }),
  busCase('a rule that is disabled matches nothing', EVENTS, async (deployed) => {
    const [off, on] = [newId(), newId()];
    await put(deployed, { id: off, source: 'disabled' });
    await put(deployed, { id: on, source: SOURCE });
    await seen(deployed, on);
    assert.deepEqual(await seenNow(deployed, off), []);
  }),
];

export const ENTRY_CASES: readonly ConformanceCase[] = [...members, ...given, ...failed, ...limits, ...rules];
