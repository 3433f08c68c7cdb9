import { describe, expect, it } from 'vitest';
import { busNameOf, parseEvent, readEntries, toEvent } from '../../lib/local/events/entries.ts';

const now = Date.parse('2026-03-04T05:06:07.890Z');
const origin = { id: 'an-id', account: '000000000000', region: 'eu-west-1', now };
const entry = (changes: Record<string, unknown> = {}) => ({
  Source: 'shop',
  DetailType: 'Order Placed',
  Detail: '{"total":12}',
  ...changes,
});
const refusalOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('an entry of PutEvents', () => {
  it('becomes an event with the id and the origin that it is given', () => {
    expect(toEvent(entry({ Resources: ['arn:a', 'arn:b'] }), origin)).toEqual({
      version: '0',
      id: 'an-id',
      'detail-type': 'Order Placed',
      source: 'shop',
      account: '000000000000',
      time: '2026-03-04T05:06:07Z',
      region: 'eu-west-1',
      resources: ['arn:a', 'arn:b'],
      detail: { total: 12 },
    });
  });

  it.each([
    ['seconds since the epoch, as SDKs send it', 1_700_000_000.75, '2023-11-14T22:13:20Z'],
    ['text', '2024-02-29T12:00:00+01:00', '2024-02-29T11:00:00Z'],
    ['nothing', undefined, '2026-03-04T05:06:07Z'],
  ])('has its time from %s', (_, Time, time) => {
    expect(toEvent(entry({ Time }), origin)).toMatchObject({ time });
  });

  it.each(['Source', 'DetailType', 'Detail'])('needs a %s', (name) => {
    const refusal = {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
    };
    expect(toEvent(entry({ [name]: undefined }), origin)).toEqual(refusal);
    expect(toEvent(entry({ [name]: '' }), origin)).toEqual(refusal);
  });

  it.each(['no json', '[1]', '"text"', '12', 'null', '{"a":'])(
    'has a JSON object as its detail, not %s',
    (Detail) => {
      expect(toEvent(entry({ Detail }), origin)).toEqual({
        ErrorCode: 'MalformedDetail',
        ErrorMessage: 'Detail is malformed.',
      });
    },
  );

  it('may not pretend to come from AWS', () => {
    expect(toEvent(entry({ Source: 'aws.ec2' }), origin)).toMatchObject({
      ErrorCode: 'NotAuthorizedForSourceException',
    });
    expect(toEvent(entry({ Source: 'awsome' }), origin)).toMatchObject({ source: 'awsome' });
  });

  it('has a detail type of 128 characters at most', () => {
    expect(toEvent(entry({ DetailType: 'x'.repeat(128) }), origin)).toHaveProperty('id');
    expect(toEvent(entry({ DetailType: 'x'.repeat(129) }), origin)).toMatchObject({
      ErrorCode: 'InvalidArgument',
    });
  });

  it('keeps what looks like a prototype as data', () => {
    const event = toEvent(entry({ Detail: '{"__proto__":{"admin":true}}' }), origin);
    expect(JSON.stringify(event)).toContain('"detail":{"__proto__":{"admin":true}}');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it.each([
    [undefined, 'default'],
    ['', 'default'],
    ['orders', 'orders'],
    ['arn:aws:events:eu-west-1:000000000000:event-bus/orders', 'orders'],
    ['arn:aws:events:eu-west-1:000000000000:event-bus/aws.partner/x/y', 'aws.partner/x/y'],
  ])('names its bus with %s', (EventBusName, name) => {
    expect(busNameOf(entry({ EventBusName }))).toBe(name);
  });
});

describe('the entries of a request', () => {
  it.each([
    ['are there', undefined, 'ValidationException', 'must not be null'],
    ['are one or more', [], 'ValidationException', 'greater than or equal to 1'],
    [
      'are ten or fewer',
      Array.from({ length: 11 }, () => entry()),
      'ValidationException',
      'less than or equal to 10',
    ],
    ['are a list', {}, 'SerializationException', 'list of objects'],
    ['are objects', [null], 'SerializationException', 'list of objects'],
    ['have text as their detail', [entry({ Detail: { a: 1 } })], 'SerializationException', '`Detail`'],
    ['have text as resources', [entry({ Resources: [1] })], 'SerializationException', '`Resources`'],
    ['have a time that there is', [entry({ Time: 1e20 })], 'SerializationException', '`Time`'],
    ['have a time that can be read', [entry({ Time: 'soon' })], 'SerializationException', '`Time`'],
  ])('%s', (_, entries, code, message) => {
    expect(refusalOf(() => readEntries(entries))).toMatchObject({
      code,
      status: 400,
      message: expect.stringContaining(message),
    });
  });

  it('are 1 MB at most, in bytes and all together', () => {
    const besides = 'shop'.length + 'type'.length;
    const sized = (bytes: number) => entry({ DetailType: 'type', Detail: 'ü'.repeat((bytes - besides) / 2) });
    expect(readEntries([sized(524_288), sized(524_288)])).toHaveLength(2);
    expect(refusalOf(() => readEntries([sized(524_288), sized(524_290)]))).toMatchObject({
      code: 'ValidationException',
      message: 'Total size of the entries in the request is over the limit.',
    });
    const timed = { ...sized(524_288), Time: 0, Resources: [] };
    expect(refusalOf(() => readEntries([sized(524_288), timed]))).toMatchObject({
      code: 'ValidationException',
    });
  });
});

describe('an event from another bus', () => {
  it('is read back as it was', () => {
    const event = toEvent(entry(), origin);
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
  });

  it.each(['no json', '{}', '[]', '{"id":"1","detail":{}}'])('is not %s', (text) => {
    expect(parseEvent(text)).toBeUndefined();
  });
});
