import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlationOf, correlationOfRecord } from '../../lib/telemetry/correlation-sources.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const idOf = (event: unknown) => correlationOf(event, 'x-correlation-id').id;
const message = { id: 'order-7', type: 'order.placed', time: 'now', data: {} };
const metadata = { correlationId: 'bus-1' };
const notification = (content: object) =>
  JSON.stringify({ Type: 'Notification', Message: JSON.stringify(content) });

describe('correlationOf', () => {
  it.each<[string, unknown, string]>([
    ['a header of an HTTP API', { headers: { 'x-correlation-id': 'web-1' } }, 'web-1'],
    ['a header in any case', { headers: { 'X-Correlation-ID': 'web-1' } }, 'web-1'],
    [
      'a header of a REST API',
      { headers: null, multiValueHeaders: { 'X-Correlation-Id': ['web-1'] } },
      'web-1',
    ],
    ['a header twice with one value', { multiValueHeaders: { 'x-correlation-id': ['a', 'a'] } }, 'a'],
    ['a header with spaces around it', { headers: { 'x-correlation-id': ' web-1 ' } }, 'web-1'],
    ['a header with every kind of character', { headers: { 'x-correlation-id': 'aZ9._:-' } }, 'aZ9._:-'],
    ['a header of 128 characters', { headers: { 'x-correlation-id': 'x'.repeat(128) } }, 'x'.repeat(128)],
    ['an event of EventBridge', { detail: { metadata } }, 'bus-1'],
    ['an envelope', { ...message, metadata }, 'bus-1'],
    ['the trace where there is no other id', { headers: { Traceparent: TRACEPARENT } }, TRACE],
    [
      'the header before the trace',
      { headers: { traceparent: TRACEPARENT, 'x-correlation-id': 'web-1' } },
      'web-1',
    ],
  ])('finds the id in %s', (_, event, id) => {
    expect(idOf(event)).toBe(id);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x-correlation-id'],
    ['a request without headers', { headers: null, multiValueHeaders: null }],
    ['an empty id', { headers: { 'x-correlation-id': '' } }],
    ['an id of 129 characters', { headers: { 'x-correlation-id': 'x'.repeat(129) } }],
    ['a line break', { headers: { 'x-correlation-id': 'a\nb' } }],
    ['a line break at the end', { detail: { metadata: { correlationId: 'a\n' } } }],
    ['another header in it', { headers: { 'x-correlation-id': 'a\r\nset-cookie: b' } }],
    ['markup', { headers: { 'x-correlation-id': '<script>' } }],
    ['letters of elsewhere', { headers: { 'x-correlation-id': 'é' } }],
    ['two ids', { multiValueHeaders: { 'x-correlation-id': ['a', 'b'] } }],
    ['two ids in one header', { headers: { 'x-correlation-id': 'a,b' } }],
    ['a number', { detail: { metadata: { correlationId: 7 } } }],
    ['the id of a prototype', { detail: { metadata: Object.create(metadata) as object } }],
    ['a trace of zeros', { headers: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } }],
    ['a parent of zeros', { headers: { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` } }],
    ['a trace of version ff', { headers: { traceparent: `ff${TRACEPARENT.slice(2)}` } }],
    ['a trace in capitals', { headers: { traceparent: TRACEPARENT.toUpperCase() } }],
    ['a trace with more behind it', { headers: { traceparent: `${TRACEPARENT}-x` } }],
    ['two traces', { multiValueHeaders: { traceparent: [TRACEPARENT, `${TRACEPARENT.slice(0, -2)}00`] } }],
    ['a tracestate without a traceparent', { headers: { tracestate: 'a=1' } }],
  ])('finds nothing in %s', (_, event) => {
    expect(correlationOf(event, 'x-correlation-id')).toEqual({});
  });

  it('finds a trace context as it came, beside an id that is dropped', () => {
    const headers = { traceparent: TRACEPARENT, tracestate: 'a=1', 'x-correlation-id': 'not valid' };
    expect(correlationOf({ headers }, 'x-correlation-id')).toEqual({
      ...{ id: TRACE, traceparent: TRACEPARENT, tracestate: 'a=1' },
    });
  });

  it('finds several headers `tracestate` of a REST API as one list', () => {
    const multiValueHeaders = { Traceparent: [TRACEPARENT], TraceState: ['a=1', 'b=2'] };
    expect(correlationOf({ multiValueHeaders }, 'x-correlation-id').tracestate).toBe('a=1,b=2');
  });

  it('finds the id of a trace of a higher version', () => {
    const headers = { traceparent: `cc${TRACEPARENT.slice(2)}-more` };
    expect(correlationOf({ headers }, 'x-correlation-id')).toEqual({ id: TRACE, traceparent: TRACEPARENT });
  });

  it('finds the id in the header that it is given', () => {
    const headers = { 'x-correlation-id': 'a', 'x-request-id': 'b' };
    expect(correlationOf({ headers }, 'X-Request-Id').id).toBe('b');
  });

  it('finds a valid id or none, whatever the event is', () => {
    const odd = fc.oneof(fc.anything(), fc.string());
    const event = fc.record(
      {
        headers: fc.oneof(odd, fc.record({ 'x-correlation-id': odd, traceparent: odd })),
        multiValueHeaders: fc.oneof(odd, fc.record({ 'X-Correlation-Id': fc.oneof(odd, fc.array(odd)) })),
        detail: fc.oneof(odd, fc.record({ metadata: fc.oneof(odd, fc.record({ correlationId: odd })) })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(event, odd), (each) => {
        const { id = 'none', traceparent = TRACEPARENT } = correlationOf(each, 'x-correlation-id');
        expect(id).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
        expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
      }),
    );
  });
});

describe('correlationOfRecord', () => {
  const attribute = { messageAttributes: { correlationId: { stringValue: 'sqs-1' } } };
  it.each([
    ['its attribute', { ...attribute, body: '' }, 'sqs-1'],
    [
      'its attribute before its body',
      { ...attribute, body: JSON.stringify({ detail: { metadata } }) },
      'sqs-1',
    ],
    ['the event that a rule sent', { body: JSON.stringify({ detail: { ...message, metadata } }) }, 'bus-1'],
    ['the envelope that it is', { body: JSON.stringify({ ...message, metadata }) }, 'bus-1'],
    ['the event in a notification of SNS', { body: notification({ detail: { metadata } }) }, 'bus-1'],
    ['the envelope in a notification of SNS', { body: notification({ ...message, metadata }) }, 'bus-1'],
    [
      'its body where its attribute is not valid',
      { messageAttributes: { correlationId: { stringValue: 'a b' } }, body: JSON.stringify({ metadata }) },
      'bus-1',
    ],
    ['nothing where it has none', { messageAttributes: {}, body: '{}' }, undefined],
    ['nothing where it has no body', {}, undefined],
    ['nothing where its body is no JSON', { body: '{"detail":' }, undefined],
    ['nothing where its body is text', { body: 'bus-1' }, undefined],
    [
      'nothing where its attribute is no text',
      { messageAttributes: { correlationId: { stringValue: 7 } } },
      undefined,
    ],
  ])('finds the id of a record in %s', (_, record, id) => {
    expect(correlationOfRecord(record)).toEqual(id === undefined ? {} : { id });
  });

  it.each([
    ['with the id of its own attribute', { correlationId: { stringValue: 'sqs-1' } }, 'sqs-1'],
    ['with the id of the trace where it has no other', {}, TRACE],
  ])("finds the trace context in a record's attributes, %s", (_, attributes, id) => {
    const messageAttributes = {
      ...attributes,
      traceparent: { stringValue: TRACEPARENT },
      tracestate: { stringValue: 'a=1, b=2' },
    };
    expect(correlationOfRecord({ messageAttributes, body: '' })).toEqual({
      ...{ id, traceparent: TRACEPARENT, tracestate: 'a=1,b=2' },
    });
  });

  it('finds no trace context in attributes that are not valid', () => {
    const messageAttributes = {
      traceparent: { stringValue: TRACEPARENT.toUpperCase() },
      tracestate: { stringValue: 'a=1' },
    };
    expect(correlationOfRecord({ messageAttributes })).toEqual({});
  });
});
