import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, firstSeen, nameOf, newId, pause, seen, seenNow } from '../events/calls.ts';
import { type MessageRecord, onlyRecord } from '../events/messages.ts';
import { BUS_TO_BUS, busCase, DEAD_LETTERS } from './pages.ts';
import { type BusEvent, put } from './put.ts';

interface Dead {
  readonly record: MessageRecord;
  readonly eventId: string;
  readonly deployed: Deployment;
}

async function dead(deployed: Deployment): Promise<Dead> {
  const id = newId();
  const eventId = await put(deployed, { id, source: 'undeliverable' });
  return { record: onlyRecord(await firstSeen(deployed, id, { platformSeconds: 120 })), eventId, deployed };
}

const valueIn = (record: MessageRecord, name: string): unknown =>
  record.messageAttributes[name]?.['stringValue'];

const DEAD: Readonly<Record<string, (one: Dead) => unknown>> = {
  'the event as its body': ({ record, eventId }) => {
    const { id, source } = JSON.parse(record.body) as BusEvent;
    assert.deepEqual([id, source], [eventId, 'undeliverable']);
  },
  'the ARN of the rule as RULE_ARN': async ({ record, deployed }) => {
    const bus = await nameOf(deployed, 'NAME_Main');
    assert.equal(valueIn(record, 'RULE_ARN'), await arnOf(deployed, 'events', `rule/${bus}/undeliverable`));
  },
  'the ARN of the target as TARGET_ARN': async ({ record, deployed }) =>
    assert.equal(valueIn(record, 'TARGET_ARN'), await arnOf(deployed, 'lambda', 'function:no-such-function')),
  'an ERROR_CODE': ({ record }) =>
    assert.match(String(valueIn(record, 'ERROR_CODE')), /^[A-Z_]+$|Exception$|NotFound/),
  'an ERROR_MESSAGE': ({ record }) => assert.ok(valueIn(record, 'ERROR_MESSAGE')),
};

const deadLetters = Object.entries(DEAD).map(([what, check]) =>
  busCase(`an event in the dead-letter queue of a rule has ${what}`, DEAD_LETTERS, async (deployed) => {
    await check(await dead(deployed));
  }),
);

export const DELIVERY_CASES: readonly ConformanceCase[] = [
  ...deadLetters,
  busCase('an event whose target is not there is not tried again', DEAD_LETTERS, async (deployed) => {
    const { record } = await dead(deployed);
    assert.equal(valueIn(record, 'EXHAUSTED_RETRY_CONDITION'), undefined);
    assert.equal(valueIn(record, 'RETRY_ATTEMPTS') ?? '0', '0');
  }),
  busCase('an event goes from one bus to another as it is', BUS_TO_BUS, async (deployed) => {
    const id = newId();
    const eventId = await put(deployed, { id, source: 'hop', detail: { a: 1 } });
    const event = (await firstSeen(deployed, id)).event as BusEvent;
    assert.deepEqual([event.id, event.source, event.detail['a']], [eventId, 'hop', 1]);
  }),
  busCase('an event goes from one bus to another only once', BUS_TO_BUS, async (deployed) => {
    const [twice, once] = [newId(), newId()];
    await put(deployed, { id: twice, source: 'hop-twice' });
    await put(deployed, { id: once, source: 'hop' });
    await seen(deployed, once);
    await pause(deployed, 10);
    assert.deepEqual(await seenNow(deployed, twice), []);
  }),
];
