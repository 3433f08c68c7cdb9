import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../lib/testing/index.ts';
import { lowest, waitsOf } from '../support/retried.ts';

describe('retry', () => {
  const inSeconds = (seconds: number) => {
    const now = fakeClock().now();
    return new Date(now - (now % 1_000) + seconds * 1_000).toUTCString();
  };

  test.each<[string, unknown, number]>([
    ['in milliseconds, as a member of the error', { retryAfterMs: 250 }, 250],
    ['in seconds, as Lambda does', { retryAfterSeconds: '3' }, 3_000],
    [
      'in seconds, in a header as fetch has it',
      { response: { headers: new Headers({ 'Retry-After': '2' }) } },
      2_000,
    ],
    ['in seconds, in a header as axios has it', { response: { headers: { 'retry-after': '2' } } }, 2_000],
    [
      'in seconds, in a header as the AWS SDK has it',
      { $response: { headers: { 'Retry-After': '2' } } },
      2_000,
    ],
    ['in seconds, in a header of the error', { headers: { 'retry-after': '7' } }, 7_000],
    ['as a date', { headers: { 'retry-after': inSeconds(4) } }, 4_000],
    ['as a date that has passed', { headers: { 'retry-after': inSeconds(-4) } }, 0],
    ['in words, which say nothing', { headers: { 'retry-after': 'soon' } }, 0],
    ['nowhere in its headers', { headers: {}, response: { headers: new Headers() }, $response: {} }, 0],
    ['nowhere, as null', null, 0],
  ])('waits as long as the dependency asks for %s', async (_, error, waitMs) => {
    const [asked] = await waitsOf({ shouldRetry: () => true }, lowest, error);

    expect(asked).toBeCloseTo(waitMs, 6);
  });

  test.each<[number, number]>([
    [500, 1],
    [501, 0],
  ])(
    'that is asked to wait %d ms, where 500 ms is the most, makes %d further attempts',
    async (retryAfterMs, further) => {
      const error = { status: 503, retryAfterMs };

      expect(await waitsOf({ maxAttempts: 2, maxRetryAfterMs: 500 }, lowest, error)).toHaveLength(further);
    },
  );
});
