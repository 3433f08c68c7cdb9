import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRetryAfter } from '../../lib/core/retry-after.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['3', 3_000],
    ['007', 7_000],
    ['9999999999', 9_999_999_999_000],
  ])('%j is a number of seconds', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  test.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    '%j is a date, half a minute from now',
    (value) => {
      expect(parseRetryAfter(value, NOW)).toBe(30_000);
    },
  );

  test('a date that has passed asks for no wait', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:06 GMT', NOW)).toBe(0);
  });

  test.each([
    undefined,
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    'Infinity',
    '99999999999',
    '9'.repeat(400),
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

  test('whatever it is, the wait is none or a finite number that is not negative', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (value) => {
          const waitMs = parseRetryAfter(value, NOW);
          expect(waitMs === undefined || (Number.isFinite(waitMs) && waitMs >= 0)).toBe(true);
        },
      ),
    );
  });

  test('a date of the next century comes back as written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000_000 }), (seconds) => {
        const at = new Date(NOW + seconds * 1_000).toUTCString();
        expect(parseRetryAfter(at, NOW)).toBe(seconds * 1_000);
      }),
    );
  });
});
