import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { IdempotencyKeyError } from '../../lib/idempotency/errors.ts';
import { allOf, optional } from '../../lib/idempotency/parts.ts';
import {
  bodyField,
  deliveryId,
  envelopeId,
  recordEnvelopeId,
  scheduledTime,
} from '../../lib/idempotency/sources.ts';

const isRefusal = expect.objectContaining({ name: 'IdempotencyKeyError', status: 400 });

describe('a field of the body', () => {
  const body = '{"order":{"id":7,"lines":["tea"]},"none":null}';

  test.each<[string, unknown]>([
    ['order.id', 7],
    ['order', { id: 7, lines: ['tea'] }],
    ['order.lines.0', 'tea'],
    ['none', null],
    ['order.other', undefined],
    ['order.id.more', undefined],
    ['none.more', undefined],
  ])('is found by its path: %s', (path, value) => {
    expect(bodyField(path)({ body })).toEqual(value);
  });

  test('is found where the gateway sends the body as base64', () => {
    const encoded = Buffer.from('{"name":"Zoë"}').toString('base64');

    expect(bodyField('name')({ body: encoded, isBase64Encoded: true })).toBe('Zoë');
  });

  test.each(['__proto__', 'constructor', 'order.toString', 'order.lines.length.constructor'])(
    'is the own one or none: %s',
    (path) => {
      expect(bodyField(path)({ body })).toBeUndefined();
    },
  );

  test('is its own though it is called __proto__', () => {
    expect(bodyField('__proto__.id')({ body: '{"__proto__":{"id":7}}' })).toBe(7);
  });

  test.each(['order=7', '{"order":'])('is refused where the body is no JSON: %j', (text) => {
    expect(() => bodyField('order')({ body: text })).toThrow(isRefusal);
    expect(() => bodyField('order')({ body: text })).toThrow('The body is not JSON');
  });

  test.each([{}, { body: null }, { body: '' }, { body: '', isBase64Encoded: true }])(
    'is missing where there is no body: %j',
    (event) => {
      expect(bodyField('order')(event)).toBeUndefined();
      const key = allOf(() => 'a', optional(bodyField('order')));
      expect(key(event)).toEqual(['a', null]);
    },
  );

  test('is found in a body that was parsed before', () => {
    expect(bodyField('order.id')({ body: JSON.parse(body) as unknown })).toBe(7);
  });
});

describe('the id of an envelope', () => {
  const envelope = { id: 'profile-7-3', type: 'ProfileUpdated', data: {} };
  const delivered = { id: 'of-the-bus', 'detail-type': 'ProfileUpdated', detail: envelope };

  test('is the one of the publisher, not that of the bus', () => {
    expect(envelopeId(delivered)).toBe('profile-7-3');
  });

  test.each([{}, { detail: null }, { detail: { id: '' } }, { detail: { id: 7 } }, { detail: 'text' }])(
    'is refused where an event has none: %j',
    (event) => {
      expect(() => envelopeId({ id: 'of-the-bus', ...event })).toThrow(isRefusal);
    },
  );

  test.each<[string, unknown]>([
    ['an event that a rule sent', delivered],
    ['an envelope', envelope],
    ['a notification of SNS', { Type: 'Notification', Message: JSON.stringify(delivered) }],
  ])('is found in a message that is %s', (_, message) => {
    expect(recordEnvelopeId({ messageId: 'm', body: JSON.stringify(message) })).toBe('profile-7-3');
  });

  test.each<[string, string]>([
    ['is no JSON', 'text'],
    ['is no envelope, though it has an id', '{"id":"x"}'],
    ['is of the bus, with a detail that is no envelope', JSON.stringify({ ...delivered, detail: {} })],
    ['has an id that is no text', JSON.stringify({ ...envelope, id: 7 })],
    ['is null', 'null'],
  ])('is refused where a message %s', (_, body) => {
    expect(() => recordEnvelopeId({ messageId: 'm', body })).toThrow(isRefusal);
  });
});

describe('the id of a delivery', () => {
  test.each([
    ['messageId', 'a redrive'],
    ['id', 'a republish'],
  ] as const)('%s is no key unless the caller says that it need not last', (name, why) => {
    expect(() => deliveryId(name)).toThrow(InvalidOptionError);
    expect(() => deliveryId(name, { acceptRepetitionAfterRedrive: false })).toThrow(
      `\`${name}\` is another one after ${why}`,
    );
  });

  test('is a key where that has been said', () => {
    const accepted = { acceptRepetitionAfterRedrive: true };

    expect(deliveryId('messageId', accepted)({ messageId: 'm-1' })).toBe('m-1');
    expect(deliveryId('id', accepted)({ id: 'e-1' })).toBe('e-1');
  });
});

describe('the time of a schedule', () => {
  const resources = ['arn:aws:scheduler:eu-central-1:123456789012:schedule/default/nightly'];
  const time = '2026-01-01T03:00:00Z';

  test('is a key together with the schedule', () => {
    expect(scheduledTime({ resources, time })).toEqual([resources[0], time]);
  });

  test.each([{}, { resources }, { time }, { resources: [], time }])(
    'is refused where the event has not both: %j',
    (event) => {
      expect(() => scheduledTime(event)).toThrow(IdempotencyKeyError);
      expect(() => scheduledTime(event)).toThrow(/<aws\.scheduler\.scheduled-time>/);
    },
  );
});
