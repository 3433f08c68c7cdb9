import { describe, expect, it, vi } from 'vitest';
import {
  type EnvelopeHandlerOptions,
  envelopeHandler,
  recordEnvelope,
} from '../../lib/events/record-envelope.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { orderEvent } from '../support/orders.ts';

const event = orderEvent(1);
const busEvent = { version: '0', id: 'bus-1', 'detail-type': event.type, source: 'shop', detail: event };
const text = JSON.stringify;
const notification = (message: string) =>
  text({ Type: 'Notification', MessageId: 'sns-1', TopicArn: 'arn:aws:sns:eu-west-1:1:t', Message: message });
const base64 = (value: unknown) => Buffer.from(text(value)).toString('base64');

describe('recordEnvelope', () => {
  it.each<[string, object]>([
    ['a message of a queue', { messageId: 'm', body: text(event) }],
    ['an event that a rule sent to a queue', { messageId: 'm', body: text(busEvent) }],
    ['a notification of SNS in a queue', { messageId: 'm', body: notification(text(event)) }],
    ['an event in a notification of SNS in a queue', { messageId: 'm', body: notification(text(busEvent)) }],
    ['a notification of SNS', { EventSource: 'aws:sns', Sns: { Message: text(event) } }],
    ['a record of Kinesis', { kinesis: { sequenceNumber: '1', data: base64(event) } }],
    ['an event in a record of Kinesis', { kinesis: { sequenceNumber: '1', data: base64(busEvent) } }],
    ['the event of a function that a rule invokes', busEvent],
  ])('reads the envelope in %s', (_, record) => {
    expect(recordEnvelope(record)).toEqual(event);
  });

  it.each<[string, unknown]>([
    ['text', { body: 'hunter2' }],
    ['half of its JSON', { body: '{"password":"hunter2"' }],
    ['a notification of text', { body: notification('hunter2') }],
    ['a notification of a notification', { body: notification(notification(text(event))) }],
    ['a detail that is no envelope', { body: text({ detail: { password: 'hunter2' } }) }],
    ['nothing', {}],
  ])('refuses a record that holds %s, and does not quote it', (_, record) => {
    expect(() => recordEnvelope(record)).toThrow(expect.objectContaining({ code: 'BAD_ENVELOPE' }));
    expect(() => recordEnvelope(record)).not.toThrow(/hunter2/);
  });
});

describe('envelopeHandler', () => {
  it('refuses a whole batch, and says what is missing', async () => {
    await expect(
      envelopeHandler(async () => undefined)({ Records: [{ body: text(event) }] }, {}),
    ).rejects.toThrow('A batch is no record; put `sqsBatch` or `streamBatch` around');
  });

  it('refuses what is no function', () => {
    expect(() => envelopeHandler(undefined as never)).toThrow(
      'envelopeHandler: expected `handle` to be a function',
    );
  });

  const clock = fakeClock(Date.parse('2026-03-04T05:06:07Z'));
  const until = (expiresAt: string) => ({ body: text({ ...event, metadata: { expiresAt } }) });

  it('hands over the envelope and the context', async () => {
    const handle = vi.fn(async () => undefined);

    await envelopeHandler(handle, { clock })({ body: text(event) }, 'context');

    expect(handle.mock.calls).toEqual([[event, 'context']]);
  });

  it('does not handle an event that has expired, reports it, and does not fail', async () => {
    const handle = vi.fn(async () => undefined);
    const expired: string[] = [];
    const handler = envelopeHandler(handle, { clock, onExpired: ({ id }) => expired.push(id) });

    await handler(until('2026-03-04T05:06:07Z'), {});
    expect(handle).not.toHaveBeenCalled();
    await handler(until('2026-03-04T05:06:08Z'), {});

    expect(handle).toHaveBeenCalledTimes(1);
    expect(expired).toEqual(['e1']);
  });

  it('writes the id and the type of an expired event where there is no listener', async () => {
    const print = vi.spyOn(console, 'error').mockReturnValue(undefined);

    await envelopeHandler(async () => undefined, { clock })(until('2026-03-04T05:06:07Z'), {});

    expect(print.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      { level: 'WARN', message: 'envelopeHandler: an event has expired', id: 'e1', type: 'order.placed' },
    ]);
  });

  it('fails as its function does, and for what is no envelope', async () => {
    const handler = envelopeHandler(() => Promise.reject(new Error('down')), { clock });

    await expect(handler({ body: text(event) }, {})).rejects.toThrow('down');
    await expect(handler({ body: '{}' }, {})).rejects.toMatchObject({ code: 'BAD_ENVELOPE' });
  });

  it.each([{ onExpired: 'log' }, { colour: 'red' }])('refuses the options %j', (options) => {
    expect(() => envelopeHandler(async () => undefined, options as EnvelopeHandlerOptions)).toThrow(
      /envelopeHandler: /,
    );
  });
});
