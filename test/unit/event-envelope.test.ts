import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { envelope, isExpired, readEnvelope } from '../../lib/events/envelope.ts';
import { orderEvent } from '../support/orders.ts';

const event = orderEvent(1);
const overJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
/** The JSON of the event has 1,000,000 bytes. */
const LARGEST = { ...event, data: 'x'.repeat(1_000_000 - JSON.stringify({ ...event, data: '' }).length) };

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['an empty id', { ...event, id: '' }, /needs `id`, text of 1 to 200/],
  ['an id that is no text', { ...event, id: 7 }, /needs `id`/],
  ['an id of 201 characters', { ...event, id: 'x'.repeat(201) }, /needs `id`/],
  ['an id with half a character', { ...event, id: '\ud800' }, /needs `id`/],
  ['a type of 129 characters', { ...event, type: 'x'.repeat(129) }, /needs `type`, text of 1 to 128/],
  ['no time', { ...event, time: undefined }, /needs `time`/],
  ['the time yesterday', { ...event, time: 'yesterday' }, /needs `time`/],
  ['a day without a time', { ...event, time: '2026-03-04' }, /needs `time`/],
  ['a time without an offset', { ...event, time: '2026-03-04T05:06:07' }, /needs `time`/],
  ['a day that does not exist', { ...event, time: '2026-02-30T05:06:07Z' }, /needs `time`/],
  ['an hour that does not exist', { ...event, time: '2026-03-04T25:06:07Z' }, /needs `time`/],
  ['a time in words that Date takes', { ...event, time: 'Wed, 04 Mar 2026 05:06:07 GMT' }, /needs `time`/],
  ['no data', { ...event, data: undefined }, /needs `data`/],
  ['data over 900 levels deep', { ...event, data: nested(901) }, /more than 900 levels/],
  [
    'text that is half a character',
    { ...event, data: { a: '\udc00' } },
    /`data.a` is no well-formed Unicode/,
  ],
  ['a name that is half a character', { ...event, data: { a: { '\udc00': 1 } } }, /`data.a` has a name that/],
  ['a number beyond 2^63', { ...event, data: [0, 1e19] }, /`data.1` is beyond/],
  ['metadata that is text', { ...event, metadata: 'x' }, /`metadata` of an event is an object/],
  [
    'a correlation id with a space',
    { ...event, metadata: { correlationId: 'a b' } },
    /`metadata.correlationId`/,
  ],
  [
    'a correlation id that is a number',
    { ...event, metadata: { correlationId: 7 } },
    /`metadata.correlationId`/,
  ],
  ['an expiry that is no time', { ...event, metadata: { expiresAt: 'soon' } }, /`metadata.expiresAt`/],
  ['an expiry in seconds', { ...event, metadata: { expiresAt: 1_772_600_000 } }, /`metadata.expiresAt`/],
  ['a sensitivity that is no name', { ...event, metadata: { sensitivity: '' } }, /`metadata.sensitivity`/],
  ['a sensitivity that is a list', { ...event, metadata: { sensitivity: ['a'] } }, /`metadata.sensitivity`/],
];

describe('readEnvelope and envelope', () => {
  it.each(WRONG)('refuse %s', (_, value, reason) => {
    expect(() => readEnvelope(value)).toThrow(reason);
    expect(() => envelope(value as never)).toThrow(reason);
  });

  it.each([undefined, null, 'text', 7, []])('refuse what is no object: %j', (value) => {
    expect(() => readEnvelope(value)).toThrow(/needs `id`/);
  });

  it.each([
    [
      'all metadata',
      { ...event, metadata: { correlationId: 'a:1', expiresAt: event.time, sensitivity: 'restricted' } },
    ],
    ['a type of 128 characters', { ...event, type: 'x'.repeat(128) }],
    ['a time with an offset', { ...event, time: '2026-03-04T05:06:07.123+01:00' }],
    ['a leap day', { ...event, time: '2028-02-29T00:00:00Z' }],
    ['data that is null', { ...event, data: null }],
    ['data 900 levels deep', { ...event, data: nested(900) }],
    ['1,000,000 bytes', LARGEST],
  ])('take an event with %s', (_, value) => {
    expect(envelope(value)).toEqual(value);
    expect(readEnvelope(overJson(value))).toEqual(value);
  });

  it('refuse more than 1,000,000 bytes, and say so without quoting them', () => {
    const value = { ...LARGEST, data: `${LARGEST.data}x` };

    expect(() => envelope(value)).toThrow(/at most 1000000 bytes as JSON, this one has 1000001$/);
    expect(() => readEnvelope(value)).toThrow(expect.objectContaining({ code: 'EVENT_TOO_LARGE' }));
  });

  it('agree: what can be made is read as it was after any JSON, whatever it holds', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
    });
    const mostly = <T>(usual: fc.Arbitrary<T>) =>
      fc.oneof({ weight: 4, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: anything });
    const moment = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    const value = fc.record({
      id: mostly(fc.string({ minLength: 1, maxLength: 9 })),
      type: mostly(fc.string({ minLength: 1, maxLength: 9 })),
      time: mostly(moment.map((date) => date.toISOString())),
      data: mostly(fc.jsonValue()),
    });
    let made = 0;
    fc.assert(
      fc.property(value, (each) => {
        let checked: unknown;
        try {
          checked = envelope(each as never);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_ENVELOPE' });
          return;
        }
        made++;
        expect(readEnvelope(overJson(checked))).toEqual(overJson(each));
        expect(JSON.stringify(checked)).toBe(JSON.stringify(each));
      }),
      { numRuns: 2_000 },
    );
    expect(made).toBeGreaterThan(200);
  });
});

describe('envelope', () => {
  it.each<[string, unknown, RegExp]>([
    ['undefined', { a: { b: undefined } }, /`data.a.b` is of type undefined/],
    ['a hole in a list', Array(1), /`data.0` is of type undefined/],
    ['a bigint', { n: 1n }, /`data.n` is of type bigint/],
    ['a function', { f: () => 1 }, /`data.f` is of type function/],
    ['a symbol', Symbol('x'), /`data` is of type symbol/],
    ['a member with a symbol for a name', { [Symbol('x')]: 1 }, /`data` is an object of a class/],
    ['NaN', Number.NaN, /`data` is no finite number/],
    ['Infinity', [Infinity], /`data.0` is no finite number/],
    ['a Date', { at: new Date(0) }, /`data.at` is an object of a class/],
    ['a Map', new Map(), /`data` is an object of a class/],
    ['bytes', new Uint8Array(1), /`data` is an object of a class/],
    ['an object that makes its own JSON', { toJSON: () => 1 }, /`data.toJSON` is of type function/],
    ['a cycle', cycle, /cycle/],
  ])('refuses data with %s, which JSON changes or drops', (_, data, reason) => {
    expect(() => envelope({ ...event, data })).toThrow(reason);
  });

  it('refuses fields that readers would leave out', () => {
    expect(() => envelope({ ...event, extra: 1 } as never)).toThrow(/no field `extra`/);
    expect(() => envelope({ ...event, metadata: { tenant: 'a' } } as never)).toThrow(
      /no field `metadata.tenant`/,
    );
  });

  it('says nothing of what the event holds', () => {
    expect.assertions(WRONG.length);
    for (const [, value] of WRONG) {
      try {
        envelope({ ...(value as object), data: { secret: 'hunter2', wrong: undefined } } as never);
      } catch (error) {
        expect(String(error)).not.toContain('hunter2');
      }
    }
  });
});

describe('readEnvelope', () => {
  it('leaves out fields that it does not know', () => {
    expect(readEnvelope({ ...event, extra: true, metadata: { correlationId: 'a', other: 1 } })).toEqual({
      ...event,
      metadata: { correlationId: 'a' },
    });
  });

  it.each([null, undefined, {}, { correlationId: null, expiresAt: undefined }])(
    'takes the metadata %j for none',
    (metadata) => {
      expect(readEnvelope({ ...event, metadata })).toEqual(event);
    },
  );
});

describe('an event', () => {
  const now = Date.parse('2026-03-04T05:06:07Z');
  it.each([
    [false, undefined],
    [false, { correlationId: 'a' }],
    [false, { expiresAt: '2026-03-04T05:06:07.001Z' }],
    [true, { expiresAt: '2026-03-04T05:06:07Z' }],
    [true, { expiresAt: '2026-03-04T06:06:07+01:00' }],
  ])('has expired: %s, with the metadata %j', (expired, metadata) => {
    expect(isExpired({ ...event, ...(metadata && { metadata }) }, now)).toBe(expired);
  });
});
