import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isProof } from '../../../lib/idempotency/proof.ts';
import { AttemptTimeoutError, boundedFetch, resilient } from '../../../lib/index.ts';
import { fakeClock } from '../../../lib/testing/index.ts';
import { call, closed, ENDLESS, failureOf, ownAgents } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

const reason = new Error('enough');

describe('an abort of the signal', () => {
  it('prevents a connection when it comes before the call', async () => {
    const server = await wireServer(() => undefined);

    await expect(call(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.connections).toEqual([]);
  });

  it('ends the search for an address', async () => {
    const controller = new AbortController();
    const resolving = Promise.withResolvers<void>();
    const agents = ownAgents({ lookup: () => resolving.resolve() });
    const answer = call('http://fibrin.invalid', { signal: controller.signal, agents });
    await resolving.promise;
    const [socket] = Object.values(agents.http.sockets).flat();
    // Node hands a request its connection in the next tick.
    await new Promise(setImmediate);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(socket?.destroyed).toBe(true);
  });

  it('ends a call that has only just begun, before anything is sent', async () => {
    const controller = new AbortController();
    const server = await wireServer(() => undefined);
    const answer = call(server.url, { signal: controller.signal, agents: ownAgents() });

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(server.requests).toEqual([]);
  });

  it('ends a call that is about to use an idle connection, before anything is sent', async () => {
    const controller = new AbortController();
    const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));
    const agents = ownAgents();
    await call(server.url, { agents });
    const answer = call(server.url, { signal: controller.signal, agents });
    await new Promise(process.nextTick);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    await closed(server.connections[0]);
    expect(server.requests).toHaveLength(1);
  });

  it('ends the wait for a connection, which then serves another call', async () => {
    const controller = new AbortController();
    const held: Socket[] = [];
    const server = await wireServer((socket) => held.push(socket));
    const agents = ownAgents({ maxSockets: 1 });
    const first = call(server.url, { agents });
    const second = call(server.url, { agents, signal: controller.signal });
    const third = call(server.url, { agents });
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);

    controller.abort(reason);

    await expect(second).rejects.toBe(reason);
    held[0]?.write(wireAnswer(200, 'first'));
    expect((await first).text()).toBe('first');
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(2);
    held[1]?.write(wireAnswer(200, 'third'));
    expect((await third).text()).toBe('third');
  });

  it.each([
    ['the wait for the response', ''],
    ['its headers', 'HTTP/1.1 200 OK\r\nx:'],
    ['a body that does not come', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'],
    ['a body that never ends', ENDLESS],
    ['the body of a refusal', 'HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\nso'],
  ])('ends %s, and closes the connection', async (_, wire) => {
    const controller = new AbortController();
    const server = await wireServer((socket) => {
      if (wire !== '') socket.write(wire);
    });
    const agents = ownAgents();
    const answer = call(server.url, { signal: controller.signal, clock: fakeClock(), agents });
    const isRead = () => Object.values(agents.http.sockets).flat()[0]?.bytesRead === wire.length;
    await expect.poll(isRead, { interval: 1 }).toBe(true);
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    await closed(server.connections[0]);
  });

  it('during a TLS handshake proves that the service did not receive the request', async () => {
    const controller = new AbortController();
    const server = await wireServer(() => undefined);
    const url = server.url.replace('http:', 'https:');
    const answer = call(url, { method: 'POST', signal: controller.signal, clock: fakeClock() });
    // The first message of the handshake.
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);
    const given = new Error('enough');

    controller.abort(given);

    await expect(answer).rejects.toBe(given);
    expect(isProof(given)).toBe(true);
    await closed(server.connections[0]);
  });

  it('by a policy ends a body that never ends', async () => {
    const server = await wireServer((socket) => socket.write(ENDLESS));
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', attemptTimeoutMs: 100, clock });

    const answer = failureOf(
      posts.execute(async ({ signal }) => (await boundedFetch(server.url, { signal })).text()),
    );
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);
    await clock.advance(100);

    expect(await answer).toBeInstanceOf(AttemptTimeoutError);
    await closed(server.connections[0]);
  });
});
