import { Agent as SecureAgent } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../lib/testing/index.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { CREDENTIALS, FOUND, leanWorld } from '../../support/lean.ts';
import { OWN_CERTIFICATE } from '../../support/own-certificate.ts';
import { listen, wireAnswer } from '../../support/wire.ts';

describe('connect', () => {
  test.each([200, 400, 403, 503])(
    'makes the connection that the first request uses, whatever is answered: %s',
    async (status) => {
      const { store, transport, server } = await leanWorld((socket, nth) =>
        socket.write(nth === 1 ? wireAnswer(status, 'healthy') : FOUND),
      );

      expect(await transport.connect()).toBe(true);
      expect(await store.get('k')).toEqual({ n: 7 });

      expect(server.connections).toHaveLength(1);
      expect(server.requests[0]?.text).toMatch(/^GET \/ HTTP/);
      expect(server.requests[0]?.text).not.toMatch(/authorization/i);
    },
  );

  test('makes the handshake of TLS that the first request needs not make', async () => {
    let handshakes = 0;
    const server = createTlsServer(OWN_CERTIFICATE, (socket) => {
      handshakes++;
      socket.on('data', () => socket.write(FOUND)).on('error', () => undefined);
    });
    const agent = new SecureAgent({ keepAlive: true, ca: OWN_CERTIFICATE.cert });
    atEndOfTest(() => agent.destroy());
    const endpoint = `https://localhost:${await listen(server)}`;
    const { store, transport } = await leanWorld(() => undefined, { endpoint, agent });

    expect(await transport.connect({ timeoutMs: 30_000 })).toBe(true);
    expect(handshakes).toBe(1);
    await store.get('k');
    expect(handshakes).toBe(1);
  });

  test('gets the credentials that the first request needs not get', async () => {
    let asked = 0;
    const credentials = async () => {
      asked++;
      return CREDENTIALS;
    };
    const { store, transport } = await leanWorld((socket) => socket.write(FOUND), { credentials });

    await transport.connect();
    await store.get('k');

    expect(asked).toBe(1);
  });

  test.each([
    ['no answer comes', () => undefined, {}],
    ['no credentials come', FOUND, { credentials: () => new Promise<never>(() => undefined) }],
  ] as const)('gives up in time where %s, and leaves nothing that runs', async (_, answer, options) => {
    const clock = fakeClock();
    const { transport, server } = await leanWorld(
      (socket) => typeof answer === 'string' && socket.write(answer),
      { clock, ...options },
    );
    const connected = transport.connect({ timeoutMs: 300 });
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);

    await clock.advance(300);

    expect(await connected).toBe(false);
    // Of a provider that does not answer.
    await clock.advance(5_000);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['the server resets', () => ({}), true],
    ['no port listens', () => ({ endpoint: 'http://127.0.0.1:1' }), false],
    ['credentials fail', () => ({ credentials: () => Promise.reject(new Error('no')) }), false],
  ] as const)('gives false where %s', async (_, options, resets) => {
    const { transport } = await leanWorld(
      (socket) => void (resets ? socket.resetAndDestroy() : socket.write(FOUND)),
      options(),
    );

    expect(await transport.connect({ timeoutMs: 30_000 })).toBe(false);
  });

  test.each([[{ timeoutMs: 0 }], [{ timeoutMs: '1' }], [{ limitMs: 1 }]])('refuses %j', async (options) => {
    const { transport } = await leanWorld(() => undefined);

    await expect(transport.connect(options as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});
