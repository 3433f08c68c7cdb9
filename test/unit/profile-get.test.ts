import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { handler as Handler } from '../../functions/get-profile.ts';
import { lambdaContext } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';
import { profileRequest } from '../support/profile-request.ts';
import { type Answer, refusal, startProfileServices } from '../support/profile-services.ts';

/** Another profile in each test, of which no cache has a part. */
let id = 7;
const userOf = (n: number) => ({
  ...{ id: { S: String(n) }, name: { S: 'Ada' }, email: { S: 'ada@example.com' }, version: { N: '1' } },
});
/** What the services answer when all is well: no breaker is known, and a user is. */
const wellFor = (n: number): Readonly<Record<string, Answer>> => ({
  [`/posts/${n}`]: [200, []],
  [`/social/${n}`]: [200, { userId: String(n), count: 3 }],
});
let answers: Readonly<Record<string, Answer>> = {};
let userAnswer: Answer = [200, {}];
let asked: string[] = [];
let handler: typeof Handler;
beforeAll(async () => {
  await startProfileServices(({ operation, body }) => {
    asked.push(operation);
    if (operation === 'GetItem' && body.includes(`user#${id}`)) return userAnswer;
    return answers[operation] ?? wellFor(id)[operation] ?? [200, {}];
  });
  ({ handler } = await import('../../functions/get-profile.ts'));
});

let printed: string[] = [];
let logged: string[] = [];
beforeEach(() => {
  id++;
  answers = {};
  userAnswer = [200, { Item: userOf(id) }];
  asked = [];
  printed = [];
  logged = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void logged.push(line));
});

const request = (headers: Record<string, string> = {}) =>
  handler(
    profileRequest({ pathParameters: { id: String(id) }, headers }),
    lambdaContext({ remainingMs: 5_000 }),
  );

/** Asks for a profile; gives the status, and which parts are counted as degraded. */
async function ask() {
  const { statusCode } = await request();
  const lines = printed.filter((line) => line.startsWith('{"_aws":')).map(readEmf);
  const profiles = lines.filter(({ metrics }) => 'ProfilesLive' in metrics).map(({ metrics }) => metrics);
  const parts = lines.flatMap(({ metrics, dimensions }) =>
    'PartsLive' in metrics ? [[dimensions['part'], metrics['PartsDegraded']]] : [],
  );
  return { statusCode, profiles, parts: Object.fromEntries(parts) as Record<string, unknown> };
}

// On a busy machine a part may be late, and is degraded then.
describe('a profile', { retry: 2 }, () => {
  test('is counted as live with each of its parts', async () => {
    expect(await ask()).toEqual({
      statusCode: 200,
      profiles: [{ ProfilesLive: 1, ProfilesDegraded: 0, ProfilesUnavailable: 0 }],
      parts: { user: 0, posts: 0, friends: 0 },
    });
  });

  test('is counted as degraded without its friend count, and the log says why', async () => {
    answers = { [`/social/${id}`]: [404, { email: 'ada@example.com' }] };

    expect(await ask()).toEqual({
      statusCode: 200,
      profiles: [{ ProfilesLive: 0, ProfilesDegraded: 1, ProfilesUnavailable: 0 }],
      parts: { user: 0, posts: 0, friends: 1 },
    });
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { policy: 'social', code: 'HTTP_STATUS', status: 404, correlationId: expect.any(String) },
    ]);
    expect(logged.join()).not.toContain('ada@');
  });

  test('is counted as unavailable while its user cannot be read', async () => {
    userAnswer = refusal('AccessDeniedException');

    expect(await ask()).toMatchObject({
      statusCode: 503,
      profiles: [{ ProfilesLive: 0, ProfilesDegraded: 0, ProfilesUnavailable: 1 }],
      parts: { user: 1 },
    });
    expect(logged.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        policy: 'users',
        causes: [{ error: 'AccessDeniedException', status: 400 }],
      }),
    );
  });

  test('is not counted when there is none', async () => {
    userAnswer = [200, {}];

    expect(await ask()).toEqual({ statusCode: 404, profiles: [], parts: {} });
  });

  test('has the same ETag when it comes from the cache, and is a 304 for who has it', async () => {
    const first = await request();
    expect(first.headers).toMatchObject({
      'profile-sources': 'user=live, posts=live, friend-count=live',
      'cache-control': 'private, no-cache',
    });

    asked = [];
    const again = await request({ 'if-none-match': first.headers['etag'] ?? '' });

    expect(again).toMatchObject({ statusCode: 304, body: '' });
    expect(again.headers['profile-sources']).toContain('posts=cache, friend-count=cache');
    expect(asked.filter((operation) => operation.startsWith('/'))).toEqual([]);
  });

  test('is kept by no client where a part of it is missing', async () => {
    answers = { [`/posts/${id}`]: [404, {}] };

    const { statusCode, headers, body } = await request({ 'if-none-match': '*' });

    expect({ statusCode, degraded: JSON.parse(body).degraded }).toEqual({
      statusCode: 200,
      degraded: ['posts'],
    });
    expect(headers['cache-control']).toBe('no-store');
  });
});
