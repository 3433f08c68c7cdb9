import { AxiosHeaders } from 'axios';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { parseRetryAfter, retryAfterMs } from '../../lib/core/retry-after.ts';
import { hostileErrors } from '../support/hostile-errors.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['3', 3_000],
    ['007', 7_000],
    ['9999999999', 9_999_999_999_000],
    ['99999999999', 99_999_999_999_000],
  ])('%j is a number of seconds', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  test('of 400 digits is a finite time that is longer than any bound', () => {
    expect(parseRetryAfter('9'.repeat(400), NOW)).toBe(1e15);
  });

  test.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    '%j is a date, half a minute from now',
    (value) => {
      expect(parseRetryAfter(value, NOW)).toBe(30_000);
    },
  );

  test.each([
    'Sun, 06 Nov 1994 08:49:06 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Mon, 01 Jan 1601 00:00:00 GMT',
  ])('a date that has passed asks for no wait: %s', (value) => {
    expect(parseRetryAfter(value, NOW)).toBe(0);
  });

  test('a date in the far future is understood', () => {
    expect(parseRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', NOW)).toBe(
      Date.UTC(9999, 11, 31, 23, 59, 59) - NOW,
    );
  });

  test.each([
    undefined,
    null,
    3,
    ['3'],
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    'Infinity',
    '1, 2',
    '2026-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Nov 1994 08:49:37 GMT and more',
    'Sun, 99 Nov 1994 08:49:37 GMT',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
  ])('%j is ignored', (value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined();
  });

  test('is no wait or a finite number that is not negative, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string(),
          fc.stringMatching(/^\d+$/),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (value) => {
          const waitMs = parseRetryAfter(value, NOW);
          expect(waitMs === undefined || (Number.isFinite(waitMs) && waitMs >= 0)).toBe(true);
        },
      ),
    );
  });

  test('of a date in the next century is understood as written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000_000 }), (seconds) => {
        const at = new Date(NOW + seconds * 1_000).toUTCString();
        expect(parseRetryAfter(at, NOW)).toBe(seconds * 1_000);
      }),
    );
  });
});

describe('the wait that an error asks for', () => {
  test.each<[string, object]>([
    ['its own number', { retryAfterMs: 3_000 }],
    ['a number of seconds', { retryAfterSeconds: 3 }],
    ['text with seconds, as the SDK has it for Lambda', { retryAfterSeconds: '3' }],
    ['plain headers', { headers: { 'retry-after': '3' } }],
    ['headers in another case', { headers: { 'Retry-After': '3' } }],
    ['headers in capitals', { response: { headers: { 'RETRY-AFTER': '3' } } }],
    ['Headers', { response: { headers: new Headers({ 'Retry-After': '3' }) } }],
    ['a Map', { headers: new Map([['Retry-After', '3']]) }],
    ['the headers of axios', { response: { headers: new AxiosHeaders({ 'Retry-After': '3' }) } }],
    ['the headers of the AWS SDK', { $response: { headers: { 'retry-after': '3' } } }],
    ['several values', { headers: { 'retry-after': ['3', '5'] } }],
    ['headers without a prototype', { headers: Object.assign(Object.create(null), { 'retry-after': '3' }) }],
    ['a date', { headers: { 'retry-after': 'Sun, 06 Nov 1994 08:49:10 GMT' } }],
    ['milliseconds', { headers: { 'retry-after-ms': '3000' } }],
    ['milliseconds in another case', { headers: new Map([['Retry-After-Ms', '3000']]) }],
    ['milliseconds before seconds', { headers: { 'retry-after': '4', 'retry-after-ms': '3000' } }],
    ['seconds, where the milliseconds are none', { headers: { 'retry-after-ms': 'x', 'retry-after': '3' } }],
    ['its own number before headers', { retryAfterMs: 3_000, headers: { 'retry-after': '4' } }],
    ['headers, where its own number is none', { retryAfterMs: Number.NaN, headers: { 'retry-after': '3' } }],
    [
      'the response, where its own headers have none',
      { headers: {}, response: { headers: { 'retry-after': '3' } } },
    ],
  ])('is read from %s', (_, carried) => {
    expect(retryAfterMs(Object.assign(new Error('x'), carried), NOW)).toBe(3_000);
    expect(retryAfterMs(carried, NOW)).toBe(3_000);
  });

  test('is read from what caused it', () => {
    const cause = Object.assign(new Error('busy'), { headers: { 'retry-after': '3' } });

    expect(retryAfterMs(new Error('x', { cause }), NOW)).toBe(3_000);
    expect(retryAfterMs(new BreakerOpenError('posts', 4_200), NOW)).toBe(4_200);
  });

  test('is however long it says', () => {
    expect(retryAfterMs({ headers: { 'retry-after': '99999999999' } }, NOW)).toBe(99_999_999_999_000);
  });

  test.each([
    [{ retryAfterMs: Number.NaN }],
    [{ retryAfterMs: Infinity }],
    [{ retryAfterMs: -1 }],
    [{ retryAfterMs: '3000' }],
    [{ retryAfterMs: null }],
    [{ retryAfterSeconds: Number.NaN }],
    [{ retryAfterSeconds: Infinity }],
    [{ retryAfterSeconds: -3 }],
    [{ retryAfterSeconds: 'soon' }],
    [{ retryAfterSeconds: Symbol('x') }],
    [{ headers: { 'retry-after-ms': '-1' } }],
    [{ headers: { 'retry-after-ms': '1e3' } }],
    [{ headers: { 'retry-after': [] } }],
    [{ headers: { 'retry-after': undefined } }],
    [{ headers: { 'retry-after': 3 } }],
    [{ headers: 'retry-after: 3' }],
    [{ headers: 7 }],
    [{ headers: { entries: '3', 'retry-after': '3' } }],
    [{}],
  ])('is none in %o', (carried) => {
    expect(retryAfterMs(Object.assign(new Error('x'), carried), NOW)).toBeUndefined();
  });

  test.each([undefined, null, 'text', 7])('is none in %s', (thrown) => {
    expect(retryAfterMs(thrown, NOW)).toBeUndefined();
  });

  test.each(hostileErrors())('is none in what cannot be read: %s', (_, error) => {
    expect(retryAfterMs(error, NOW)).toBeUndefined();
  });
});
