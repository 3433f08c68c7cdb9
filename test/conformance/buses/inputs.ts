import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, firstSeen, nameOf, newId, probe, seen, seenNow, until } from '../events/calls.ts';
import { recordsIn } from '../events/messages.ts';
import { DETAIL, INPUT_TABLE } from './input-table.ts';
import { busCase, TARGET, TARGETS, TRANSFORM } from './pages.ts';
import { type BusEvent, put } from './put.ts';

/** The text of a message that has no plan and came to the queue at the end. */
const textIn = async (deployed: Deployment, isIt: (body: string) => boolean): Promise<string> =>
  (await until(
    deployed,
    30,
    async () =>
      (
        await seenNow(deployed, 'Sink')
      )
        .flatMap(({ value }) =>
          (value.event as { readonly Records?: object }).Records ? recordsIn(value) : [],
        )
        .map(({ body }) => body)
        .find(isIt),
    (found) => found !== undefined,
  )) as string;

const table = INPUT_TABLE.map(({ key, title, page, toQueue, expected }) =>
  busCase(title, page, async (deployed) => {
    const id = newId();
    await put(deployed, { id, source: key, detail: DETAIL });
    const bus = await nameOf(deployed, 'NAME_Main');
    const wanted = expected({
      ...{ id, probe: probe(id).probe },
      ruleArn: await arnOf(deployed, 'events', `rule/${bus}/${key}`),
    });
    if (toQueue) return assert.equal(await textIn(deployed, (body) => body.includes(id)), wanted);
    const found = await firstSeen(deployed, id);
    assert.deepEqual(found.event, wanted);
  }),
);

export const INPUT_CASES: readonly ConformanceCase[] = [
  ...table,
  busCase('Input gives the target a constant', TARGET, async (deployed) => {
    await put(deployed, { id: newId(), source: 'constant' });
    const found = await firstSeen(deployed, 'constant-input');
    assert.deepEqual(found.event, { ...probe('constant-input'), constant: [1] });
  }),
  busCase('a path that leads nowhere does not keep an event back', TRANSFORM, async (deployed) => {
    const id = newId();
    await put(deployed, { id, source: 'missing', detail: DETAIL });
    await seen(deployed, id);
  }),
  busCase('the reserved variable aws.events.event.json is the whole event', TRANSFORM, async (deployed) => {
    const id = newId();
    const eventId = await put(deployed, { id, source: 'whole', detail: DETAIL });
    const found = await firstSeen(deployed, id);
    const { original } = found.event as { readonly original: BusEvent };
    assert.deepEqual([original.id, original.source, original.detail['state']], [eventId, 'whole', 'RUNNING']);
  }),
  busCase('the reserved variable aws.events.event.ingestion-time is a time', TRANSFORM, async (deployed) => {
    const id = newId();
    await put(deployed, { id, source: 'ingested', detail: DETAIL });
    const found = await firstSeen(deployed, id);
    assert.match(String((found.event as { readonly at: string }).at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  }),
  busCase('a queue gets the event as the body of a message', TARGETS, async (deployed) => {
    const id = newId();
    const eventId = await put(deployed, { id, source: 'to-queue' });
    const found = await firstSeen(deployed, id);
    const [record] = recordsIn(found);
    assert.equal((JSON.parse(record?.body ?? '{}') as BusEvent).id, eventId);
  }),
  busCase('a FIFO queue gets the event with the message group of the target', TARGET, async (deployed) => {
    const id = newId();
    await put(deployed, { id, source: 'to-fifo' });
    const found = await firstSeen(deployed, id);
    const [record] = recordsIn(found);
    assert.equal(record?.attributes['MessageGroupId'], 'events');
  }),
  busCase('a topic gets the event as its message', TARGETS, async (deployed) => {
    const id = newId();
    const eventId = await put(deployed, { id, source: 'to-topic' });
    const found = await firstSeen(deployed, id);
    const { Records } = found.event as {
      readonly Records: readonly { readonly Sns: { readonly Message: string } }[];
    };
    assert.equal((JSON.parse(Records[0]?.Sns.Message ?? '{}') as BusEvent).id, eventId);
  }),
];
