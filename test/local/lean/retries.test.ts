import { Agent } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../../lib/core/store.ts';
import type { DynamoStore } from '../../../lib/store/dynamodb.ts';
import { type FakeClock, fakeClock } from '../../../lib/testing/index.ts';
import { dynamoAnswer, FOUND, leanWorld, refusalOf } from '../../support/lean.ts';
import { wireAnswer } from '../../support/wire.ts';

const ABSENT: Condition = ['absent'];
const DONE = dynamoAnswer(200, { Attributes: { n: { N: '1' } } });

type Request = (store: DynamoStore) => Promise<unknown>;
const GET: Request = (store) => store.get('k');
const CONDITIONAL_PUT: Request = (store) => store.put('k', { n: 1 }, { when: ABSENT });
const CONDITIONAL_DELETE: Request = (store) => store.delete('k', { when: ABSENT });
const TRANSACTION: Request = (store) => store.transact('k', { n: 1 }, { writes: [] });
const ADDITION: Request = (store) => store.add('k', { n: 1 }, { expiresAt: 1 });
const PLAIN_PUT: Request = (store) => store.put('k', { n: 1 });
const PLAIN_DELETE: Request = (store) => store.delete('k');

/** May be processed twice. */
const REPEATABLE: readonly (readonly [string, Request])[] = [
  ['a read', GET],
  ['a write on a condition', CONDITIONAL_PUT],
  ['a deletion on a condition', CONDITIONAL_DELETE],
  ['a transaction', TRANSACTION],
];
const OTHERS: readonly (readonly [string, Request])[] = [
  ['an addition', ADDITION],
  ['a write without a condition', PLAIN_PUT],
  ['a deletion without a condition', PLAIN_DELETE],
];

type Trouble = readonly [string, (socket: Socket) => unknown];
const say = (text: string) => (socket: Socket) => socket.write(text);

/** DynamoDB may have processed the request, or not. */
const UNKNOWN: readonly Trouble[] = [
  ['a 500', say(dynamoAnswer(500, { __type: 'x#InternalServerError' }))],
  ['a 503', say(wireAnswer(503, 'busy'))],
  ['a 502 of a proxy', say(wireAnswer(502, '<html>'))],
  ['a reset', (socket) => socket.resetAndDestroy()],
  ['an end before the answer', (socket) => socket.end()],
  ['an answer that is cut', (socket) => socket.end(FOUND.slice(0, -5))],
  ['an answer that is not JSON', say(wireAnswer(200, 'yes'))],
  ['an answer that is a JSON array', say(wireAnswer(200, '[]'))],
  ['an answer that is encoded', say(wireAnswer(200, '{}', ['content-encoding: gzip']))],
  ['a wrong checksum', say(dynamoAnswer(200, {}, ['x-amz-crc32: 7']))],
  ['a checksum that is no number', say(dynamoAnswer(200, {}, ['x-amz-crc32: ff']))],
];

/** DynamoDB has surely not processed the request. */
const UNPROCESSED: readonly Trouble[] = [
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
].map((name) => [name, say(refusalOf(name))] as const);

const refusals: readonly Trouble[] = [
  ['ValidationException', say(refusalOf('ValidationException'))],
  ['AccessDeniedException', say(refusalOf('AccessDeniedException'))],
  ['a 404 that is not JSON', say(wireAnswer(404, 'what?'))],
  ['a redirect', say(wireAnswer(307, '', ['location: http://127.0.0.1:1/']))],
  ['a 413', say(wireAnswer(413, ''))],
];

/** A clock, and the delays of the timers that were set: one for each attempt, one for each wait. */
function noting(fake: FakeClock): { readonly clock: FakeClock; readonly delays: readonly number[] } {
  const delays: number[] = [];
  const after: FakeClock['after'] = (delayMs, run) => {
    delays.push(delayMs);
    return fake.after(delayMs, run);
  };
  return { clock: Object.create(fake, { after: { value: after } }) as FakeClock, delays };
}

const afterOne = (trouble: (socket: Socket) => unknown) => (socket: Socket, nth: number) =>
  void (nth === 1 ? trouble(socket) : socket.write(DONE));

const pairs = (requests: typeof REPEATABLE, troubles: readonly Trouble[]) =>
  requests.flatMap(([what, request]) =>
    troubles.map(([trouble, make]) => [what, trouble, request, make] as const),
  );

describe('the lean transport', () => {
  test.each(pairs(REPEATABLE, UNKNOWN))('sends %s again after %s', async (_, __, request, trouble) => {
    const { store, server } = await leanWorld(afterOne(trouble));

    await request(store);

    expect(server.requests).toHaveLength(2);
  });

  test.each(pairs(OTHERS, UNKNOWN))('does not send %s again after %s', async (_, __, request, trouble) => {
    const { store, server } = await leanWorld(afterOne(trouble));

    await expect(request(store)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(server.requests).toHaveLength(1);
  });

  test.each(pairs([...REPEATABLE, ...OTHERS], UNPROCESSED))(
    'sends %s again after %s',
    async (_, __, request, trouble) => {
      const { store, server } = await leanWorld(afterOne(trouble));

      await request(store);

      expect(server.requests).toHaveLength(2);
    },
  );

  test.each(pairs(REPEATABLE, refusals))(
    'does not send %s again after %s',
    async (_, __, request, trouble) => {
      const { store, server } = await leanWorld(afterOne(trouble));

      await expect(request(store)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(server.requests).toHaveLength(1);
    },
  );

  test('sends the same transaction again, by its token', async () => {
    const { store, server } = await leanWorld(afterOne((socket) => socket.resetAndDestroy()));

    await TRANSACTION(store);

    const tokens = server.requests.map(({ text }) => /"ClientRequestToken":"(\w+)"/.exec(text)?.[1]);
    expect(tokens).toEqual(['token', 'token']);
  });

  test.each([...REPEATABLE, ...OTHERS])('sends %s again where no connection was made', async (_, request) => {
    let lookups = 0;
    const missing = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const lookup: LookupFunction = (_host, _options, found) =>
      ++lookups === 1 ? found(missing, '') : found(null, [{ address: '127.0.0.1', family: 4 }]);
    const agent = new Agent({ lookup });
    const { server } = await leanWorld((socket) => socket.end(DONE));
    const endpoint = server.url.replace('127.0.0.1', 'dynamodb.test');
    const { store } = await leanWorld(() => undefined, { endpoint, agent });

    await request(store);

    expect(lookups).toBe(2);
    expect(server.requests).toHaveLength(1);
  });

  test('gives up after so many attempts, and says how many there were', async () => {
    const { store, server } = await leanWorld((socket) => socket.write(wireAnswer(503, '')), {
      maxAttempts: 4,
    });

    await expect(store.get('k')).rejects.toMatchObject({
      retryable: true,
      cause: { name: 'HTTP503', $metadata: { httpStatusCode: 503, attempts: 4 } },
    });
    expect(server.requests).toHaveLength(4);
  });

  test('waits between attempts for a random part of a time that doubles', async () => {
    const { clock, delays } = noting(fakeClock());
    const random = { next: () => 0.5, token: () => 't' };
    const { store, server } = await leanWorld((socket) => socket.write(wireAnswer(503, '')), {
      clock,
      random,
      maxAttempts: 3,
      attemptTimeoutMs: 9_000,
    });
    const failed = expect(store.get('k')).rejects.toThrow();

    await expect.poll(() => delays, { interval: 1 }).toEqual([9_000, 25]);
    await clock.advance(24);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await expect.poll(() => delays, { interval: 1 }).toEqual([9_000, 25, 9_000, 50]);
    await clock.advance(50);
    await failed;

    expect(server.requests).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  test('ends its wait, and sends nothing more, when the signal aborts', async () => {
    const { clock, delays } = noting(fakeClock());
    const controller = new AbortController();
    const random = { next: () => 0.5, token: () => 't' };
    const { store, server } = await leanWorld((socket) => socket.write(wireAnswer(503, '')), {
      clock,
      random,
    });
    const got = store.get('k', { signal: controller.signal });
    await expect.poll(() => delays.length, { interval: 1 }).toBe(2);

    controller.abort(new Error('enough'));

    await expect(got).rejects.toMatchObject({ cause: { name: 'AbortError', cause: { message: 'enough' } } });
    expect(server.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
