import { describe, expect, test } from 'vitest';
import { json } from '../../functions/shared/http.ts';
import { cacheable } from '../../functions/shared/http-caching.ts';
import { profileRequest } from '../support/profile-request.ts';

const PROFILE = { user: { id: '7' }, degraded: [] };

const answered = (ifNoneMatch?: string, { profile = PROFILE, isWhole = true } = {}) =>
  cacheable(
    profileRequest({ headers: ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch } }),
    json(200, profile, { 'profile-sources': 'user=live' }),
    isWhole,
  );
const TAG = answered().headers['etag'] ?? '';

describe('a whole profile', () => {
  test('may be kept by its caller alone, who asks each time whether it is the same', () => {
    const { statusCode, headers, body } = answered();

    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'private, no-cache',
    });
    expect(headers['etag']).toMatch(/^"[\w-]{43}"$/);
    expect(JSON.parse(body)).toEqual(PROFILE);
  });

  test('has another tag when any byte of it is another, and the same when only its sources are', () => {
    const changed = cacheable(profileRequest(), json(200, { ...PROFILE, degraded: [''] }), true);
    const fromCache = cacheable(
      profileRequest(),
      json(200, PROFILE, { 'profile-sources': 'user=cache' }),
      true,
    );

    expect(changed.headers['etag']).not.toBe(TAG);
    expect(fromCache.headers['etag']).toBe(TAG);
  });

  test.each([
    ['its tag', TAG],
    ['its tag, made weak on the way', `W/${TAG}`],
    ['its tag among others', `"a,b", W/"c" , ${TAG}`],
    ['any', ' * '],
  ])('is a 304 without a body for a client that has %s', (_, held) => {
    expect(answered(held)).toEqual({
      statusCode: 304,
      headers: { 'cache-control': 'private, no-cache', etag: TAG, 'profile-sources': 'user=live' },
      body: '',
    });
  });

  test.each([
    ['another tag', '"AAAA"'],
    ['its tag without quotes', TAG.slice(1, -1)],
    ['an empty header', ''],
    ['no header', undefined],
    ['an open quote', `"${'x'.repeat(1_000)}`],
  ])('is sent to a client that has %s', (_, held) => {
    expect(answered(held)).toMatchObject({ statusCode: 200, headers: { etag: TAG } });
  });
});

test('A degraded profile is kept by no client, has no tag, and is sent in full even to a client that has any', () => {
  const answer = answered('*', { isWhole: false });

  expect(answer.statusCode).toBe(200);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers).not.toHaveProperty('etag');
  expect(answer.body).not.toBe('');
});
