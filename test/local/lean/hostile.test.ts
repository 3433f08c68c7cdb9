import { Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 as ownCrc32 } from '../../../lib/store/lean/crc32.ts';
import { fakeClock } from '../../../lib/testing/index.ts';
import { flood } from '../../support/bounded-fetch.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { dynamoAnswer, FOUND, leanWorld, refusalOf } from '../../support/lean.ts';
import { OWN_CERTIFICATE } from '../../support/own-certificate.ts';
import { listen } from '../../support/wire.ts';

describe('the lean transport', () => {
  test("takes an answer with DynamoDB's checksum, which is that of zlib", async () => {
    const body = { Item: { pk: { S: 'k' }, text: { S: 'é' } } };
    const sum = crc32(JSON.stringify(body));
    const { store } = await leanWorld((socket) =>
      socket.write(dynamoAnswer(200, body, [`x-amz-crc32: ${sum}`])),
    );

    expect(await store.get('k')).toEqual({ text: 'é' });
    fc.assert(fc.property(fc.uint8Array(), (bytes) => ownCrc32(bytes) === crc32(bytes)));
  });

  test('uses one connection for one request after another', async () => {
    const { store, server } = await leanWorld((socket) => socket.write(FOUND));

    for (let n = 0; n < 5; n++) await store.get('k');

    expect(server.connections).toHaveLength(1);
  });

  test('makes no more connections than maxSockets, which transports of one endpoint share', async () => {
    const agent = { agent: undefined as never };
    const answer = (socket: Socket) => void setImmediate(() => socket.write(FOUND));
    const one = await leanWorld(answer, { ...agent, maxSockets: 2 });
    const other = await leanWorld(answer, { ...agent, maxSockets: 2, endpoint: one.server.url });

    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : other).store.get('k')));

    expect(one.server.requests).toHaveLength(20);
    expect(one.server.connections).toHaveLength(2);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['ends', (socket) => void socket.end(FOUND)],
    ['resets', (socket) => void socket.write(FOUND, () => socket.resetAndDestroy())],
  ])(
    'loses no request, of whatever kind, where the server %s each connection after its answer',
    async (_, answer) => {
      const { store, server } = await leanWorld(answer);

      for (let n = 0; n < 10; n++) {
        await store.get('k');
        await store.put('k', { n });
        await store.add('k', { n: 1 }, { expiresAt: 1 });
      }

      expect(server.requests).toHaveLength(30);
      expect(server.connections).toHaveLength(30);
    },
  );

  test('sends a read, and no addition, again over a connection that was closed as the request came', async () => {
    // Closed without an answer when it is used for the second time, as one that was idle during a freeze.
    const seen = new WeakSet<Socket>();
    const answer = (socket: Socket) => {
      if (seen.has(socket)) return void socket.resetAndDestroy();
      seen.add(socket);
      socket.write(FOUND);
    };
    const { store, server } = await leanWorld(answer);
    await store.get('k');

    expect(await store.get('k')).toEqual({ n: 7 });
    expect(server.requests).toHaveLength(3);
    await expect(store.add('k', { n: 1 }, { expiresAt: 1 })).rejects.toMatchObject({
      retryable: true,
      cause: { name: 'TimeoutError', code: 'ECONNRESET', $metadata: { attempts: 1 } },
    });
    expect(server.requests).toHaveLength(4);
  });

  test('does not write an addition to a connection that was idle for four seconds', async () => {
    const clock = fakeClock();
    const { store, server } = await leanWorld((socket) => socket.write(FOUND), { clock });
    await store.get('k');
    await clock.advance(4_000);

    await store.add('k', { n: 1 }, { expiresAt: 1 });

    expect(server.connections).toHaveLength(2);
  });

  test('gives up an attempt that takes too long, and sends a read again', async () => {
    const clock = fakeClock();
    const { store, server } = await leanWorld((socket, nth) => void (nth > 1 && socket.write(FOUND)), {
      ...{ clock, attemptTimeoutMs: 700 },
    });
    const got = store.get('k');
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);

    await clock.advance(700);

    expect(await got).toEqual({ n: 7 });
    expect(server.connections).toHaveLength(2);
  });

  test.each([
    ['headers without end', (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(30_000)}`)],
    ['no headers', (socket: Socket) => socket.write(`${'x'.repeat(30_000)}`)],
  ])('fails at %s', async (_, answer) => {
    const { store, server } = await leanWorld(answer);

    await expect(store.get('k')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    expect(server.requests).toHaveLength(3);
  });

  test('reads no more of an answer than it may have, once', async () => {
    const answer = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      flood(socket, 20 * 1024 * 1024);
    };
    const { store, server } = await leanWorld(answer);

    await expect(store.get('k')).rejects.toMatchObject({ cause: { code: 'RESPONSE_TOO_LARGE' } });
    expect(server.requests).toHaveLength(1);
  });

  test('shows no name of an error that is no name', async () => {
    const name = '\u001b[31mEvil';
    const { store } = await leanWorld((socket) => socket.write(dynamoAnswer(400, { __type: name })));

    await expect(store.get('k')).rejects.toMatchObject({
      message: expect.stringMatching(/GetItem failed with HTTP400$/),
    });
  });

  test.each([
    ['null', null],
    ['a text', 'x'],
    ['a list', []],
  ])('takes %s in the place of an item for none', async (_, Item) => {
    const { store } = await leanWorld((socket) =>
      socket.write(dynamoAnswer(200, { Item, Attributes: Item })),
    );

    expect(await store.get('k')).toBeUndefined();
    expect(await store.add('k', { n: 1 }, { expiresAt: 1 })).toEqual({});
  });

  test('takes a refusal without reasons for an error', async () => {
    for (const CancellationReasons of [undefined, null, [], [null], 'x']) {
      const refusal = refusalOf('TransactionCanceledException', { CancellationReasons });
      const { store } = await leanWorld((socket) => socket.write(refusal));

      await expect(store.transact('k', { n: 1 }, { writes: [] })).rejects.toMatchObject({
        name: 'TransactionCanceledException',
      });
    }
  });
});

describe('a clock that is wrong', () => {
  const NOW = Date.UTC(2026, 10, 30, 9);
  const refuseUnlessAt = (serverNow: number, name: string) => (socket: Socket, text: string) => {
    const [, date = ''] = /x-amz-date: (\w+)/i.exec(text) ?? [];
    const [, y, mo, d, h, mi, s] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(date)?.map(Number) ?? [];
    const signedAt = Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, mi, s);
    const isRight = Math.abs(signedAt - serverNow) < 300_000;
    const at = `date: ${new Date(serverNow).toUTCString()}`;
    const refusal = dynamoAnswer(400, { __type: `x#${name}` }, [at]);
    socket.write(isRight ? FOUND : refusal);
  };

  test.each([
    ['InvalidSignatureException', 86_000_000],
    ['InvalidSignatureException', -86_000_000],
    ['RequestTimeTooSkewed', 600_000],
    ['RequestExpired', -600_000],
  ])(
    'is corrected after %s by the time of the answer, once, for requests of all kinds',
    async (name, skewMs) => {
      const answer = refuseUnlessAt(NOW, name);
      const world = await leanWorld((socket) => answer(socket, world.server.requests.at(-1)?.text ?? ''), {
        clock: fakeClock(NOW + skewMs),
      });

      await world.store.add('k', { n: 1 }, { expiresAt: 1 });
      await world.store.get('k');

      expect(world.server.requests).toHaveLength(3);
    },
  );

  test.each([
    ['the time is much the same', `date: ${new Date(NOW + 60_000).toUTCString()}`],
    ['the time is days away', `date: ${new Date(NOW + 200_000_000).toUTCString()}`],
    ['the time is none', 'date: tomorrow'],
    ['there is no time', 'x-date: none'],
  ])('is not corrected where %s', async (_, header) => {
    const refusal = dynamoAnswer(400, { __type: 'x#InvalidSignatureException' }, [header]);
    const { store, server } = await leanWorld((socket) => socket.write(refusal), { clock: fakeClock(NOW) });

    await expect(store.get('k')).rejects.toMatchObject({ cause: { name: 'InvalidSignatureException' } });
    expect(server.requests).toHaveLength(1);
  });

  test('is not corrected twice in a request', async () => {
    let serverNow = NOW;
    const { store, server } = await leanWorld(
      (socket) => {
        serverNow += 3_600_000;
        socket.write(
          dynamoAnswer(400, { __type: 'x#RequestExpired' }, [`date: ${new Date(serverNow).toUTCString()}`]),
        );
      },
      { clock: fakeClock(NOW), maxAttempts: 10 },
    );

    await expect(store.get('k')).rejects.toMatchObject({ cause: { name: 'RequestExpired' } });
    expect(server.requests).toHaveLength(2);
  });
});

describe('over TLS', () => {
  const tlsServer = async (onSecure: (socket: Socket) => void) => {
    const server = createTlsServer(OWN_CERTIFICATE, (socket) => {
      socket.on('error', () => undefined);
      onSecure(socket);
    });
    return `https://localhost:${await listen(server)}`;
  };
  const trusting = () => {
    const agent = new SecureAgent({ keepAlive: true, ca: OWN_CERTIFICATE.cert });
    atEndOfTest(() => agent.destroy());
    return agent;
  };

  test('requests share a handshake', async () => {
    let handshakes = 0;
    const endpoint = await tlsServer((socket) => {
      handshakes++;
      socket.on('data', () => socket.write(FOUND));
    });
    const { store } = await leanWorld(() => undefined, { endpoint, agent: trusting() });

    await store.get('k');
    expect(await store.get('k')).toEqual({ n: 7 });
    expect(handshakes).toBe(1);
  });

  test('nothing is sent to a server whose certificate is not trusted', async () => {
    let requests = 0;
    const endpoint = await tlsServer((socket) => socket.on('data', () => requests++));
    const { store } = await leanWorld(() => undefined, { endpoint, agent: undefined as never });

    await expect(store.put('k', { n: 1 })).rejects.toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(requests).toBe(0);
  });

  test('a handshake that takes too long is given up, and any request is sent again: it was not sent', async () => {
    const clock = fakeClock();
    const { server } = await leanWorld(() => undefined);
    const endpoint = server.url.replace('http:', 'https:');
    const { store } = await leanWorld(() => undefined, {
      endpoint,
      agent: trusting(),
      clock,
      maxAttempts: 2,
      attemptTimeoutMs: 2_000,
    });
    const failed = store.add('k', { n: 1 }, { expiresAt: 1 }).catch((error: unknown) => error);

    for (const nth of [1, 2]) {
      await expect.poll(() => server.requests.length, { interval: 1 }).toBe(nth);
      await clock.advance(2_000);
    }

    expect(await failed).toMatchObject({ cause: { name: 'TimeoutError', $metadata: { attempts: 2 } } });
    expect(server.connections).toHaveLength(2);
  });
});
