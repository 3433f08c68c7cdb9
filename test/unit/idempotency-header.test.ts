import { describe, expect, test } from 'vitest';
import { IdempotencyKeyError } from '../../lib/idempotency/errors.ts';
import { type HttpEvent, header } from '../../lib/idempotency/sources.ts';

const keyOf = header('Idempotency-Key');
const withKey = (value: string): HttpEvent => ({ headers: { 'idempotency-key': value } });

describe('header', () => {
  test.each(['Idempotency-Key', 'idempotency-key', 'IDEMPOTENCY-KEY'])(
    'finds the key whatever its case: %s',
    (name) => {
      expect(keyOf({ headers: { accept: '*/*', [name]: 'k1' } })).toBe('k1');
    },
  );

  test('takes a quoted key and a bare one for the same', () => {
    expect(keyOf(withKey('"8e03978e"'))).toBe('8e03978e');
    expect(keyOf(withKey(' 8e03978e '))).toBe('8e03978e');
  });

  test('leaves quotes that are part of a bare key alone', () => {
    expect(keyOf(withKey('say"so'))).toBe('say"so');
  });

  test('is as long as 255 characters and no longer', () => {
    expect(keyOf(withKey('k'.repeat(255)))).toHaveLength(255);
    expect(() => keyOf(withKey('k'.repeat(256)))).toThrow(IdempotencyKeyError);
  });

  test.each<[string, HttpEvent]>([
    ['missing', { headers: { other: 'x' } }],
    ['undefined', { headers: { 'idempotency-key': undefined } }],
    ['empty', withKey('')],
    ['blank', withKey('   ')],
    ['an empty string in quotes', withKey('""')],
  ])('asks for the key when it is %s', (_, event) => {
    expect(() => keyOf(event)).toThrow('The Idempotency-Key header is required');
    expect(() => keyOf(event)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test.each([{}, { headers: null }])(
    'asks for the key when there are no headers at all, as API Gateway tells it: %j',
    (event) => {
      expect(() => keyOf(event)).toThrow(IdempotencyKeyError);
    },
  );

  test('finds it where a REST API has all values of a header', () => {
    expect(keyOf({ headers: null, multiValueHeaders: { 'IDEMPOTENCY-key': ['"k1"'] } })).toBe('k1');
    expect(
      keyOf({ headers: { 'Idempotency-Key': 'k1' }, multiValueHeaders: { 'Idempotency-Key': ['k1', 'k1'] } }),
    ).toBe('k1');
    expect(keyOf({ headers: { 'Idempotency-Key': 'k1' }, multiValueHeaders: null })).toBe('k1');
  });

  test('refuses two different ones, of which `headers` shows the last alone', () => {
    const event = {
      headers: { 'Idempotency-Key': 'k2' },
      multiValueHeaders: { 'Idempotency-Key': ['k1', 'k2'] },
    };

    expect(() => keyOf(event)).toThrow(/must be there once/);
    expect(() => keyOf(event)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test('takes one in quotes with spaces, commas and quotes of its own', () => {
    expect(keyOf(withKey('"a, b \\"c\\" \\\\"'))).toBe('a, b "c" \\');
  });

  test('refuses two spellings, of which neither is the first', () => {
    expect(() => keyOf({ headers: { 'Idempotency-Key': 'k1', 'idempotency-key': 'k2' } })).toThrow(
      /must be there once/,
    );
    expect(() =>
      keyOf({ multiValueHeaders: { 'Idempotency-Key': ['k1'], 'idempotency-key': ['k2'] } }),
    ).toThrow(/must be there once/);
  });

  test.each(['a,b', 'a,a', '"a","b"', '"a', '"a"b', '"a\\b"', '"a";p=1', ',', '"tab\there"'])(
    'refuses what may be two, or is no string: %j',
    (value) => {
      expect(() => keyOf(withKey(value))).toThrow(/there once/);
      expect(() => keyOf(withKey(value))).toThrow(expect.objectContaining({ status: 400 }));
    },
  );

  test.each(['two keys', 'k1, k2', 'tab\there', 'schl\u00fcssel', 'line\nbreak', '\u0000'])(
    'refuses what is no printable ASCII without spaces: %j',
    (value) => {
      expect(() => keyOf(withKey(value))).toThrow(/1 to 255 printable ASCII/);
    },
  );
});
