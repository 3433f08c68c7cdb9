import { describe, expect, it } from 'vitest';
import type { FetchOptions } from '../../../lib/index.ts';
import { call, closed, failureOf, ownAgents } from '../../support/bounded-fetch.ts';
import { secureServer } from '../../support/secure.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

/** Answers the first request of a connection, and resets the connection when a second one has come. */
const resettingServer = (answers: (connection: number) => boolean = () => true) =>
  wireServer((socket, { connection, nth, text }) => {
    if (nth > 1 || !answers(connection)) socket.resetAndDestroy();
    else socket.write(wireAnswer(200, text.startsWith('HEAD') ? '' : `${connection}`));
  });

const connectionsOf = (server: Awaited<ReturnType<typeof wireServer>>) =>
  server.requests.map(({ connection }) => connection);

describe('a connection that is reset once a request was written to it', () => {
  it.each<[Partial<FetchOptions>]>([
    [{}],
    [{ method: 'HEAD' }],
    [{ method: 'get' }],
    [{ method: 'OPTIONS' }],
    [{ method: 'POST', body: 'x', idempotent: true }],
  ])('is replaced, and the request sent again, for %j', async (options) => {
    const server = await resettingServer();
    const agents = ownAgents();
    await call(server.url, { agents });

    await call(server.url, { agents, ...options });

    expect(connectionsOf(server)).toEqual([1, 1, 2]);
    expect(server.requests[2]?.text).toBe(server.requests[1]?.text);
  });

  it.each<[Partial<FetchOptions>]>([
    [{ method: 'POST', body: 'x' }],
    [{ method: 'post', body: 'x' }],
    [{ method: 'DELETE' }],
    [{ idempotent: false }],
  ])('fails the call, whose request is never sent twice, for %j', async (options) => {
    const server = await resettingServer();
    const agents = ownAgents();
    await call(server.url, { agents });

    const error = await failureOf(call(server.url, { agents, ...options }));

    expect(error).toMatchObject({ code: 'NO_ANSWER', staleConnection: true, retryable: true });
    expect(connectionsOf(server)).toEqual([1, 1]);
  });

  it('is replaced once only', async () => {
    const server = await resettingServer((connection) => connection === 1);
    const agents = ownAgents();
    await call(server.url, { agents });

    const error = await failureOf(call(server.url, { agents }));

    expect(error).toMatchObject({ code: 'NO_ANSWER', staleConnection: false });
    expect(connectionsOf(server)).toEqual([1, 1, 2]);
  });

  it('closes the idle connections to the same host, and no others', async () => {
    const server = await resettingServer();
    const other = await wireServer((socket) => socket.write(wireAnswer(200, '')));
    const agents = ownAgents();
    await Promise.all([1, 2, 3].map(() => call(server.url, { agents })));
    await call(other.url, { agents });

    await call(server.url, { agents });
    await call(other.url, { agents });

    expect(server.connections).toHaveLength(4);
    await Promise.all(server.connections.slice(0, 3).map(closed));
    expect(other.connections).toHaveLength(1);
  });

  it('is recognised when one request followed the other at once', async () => {
    const server = await resettingServer();
    const agents = ownAgents({ maxSockets: 1 });

    const answers = await Promise.all([call(server.url, { agents }), call(server.url, { agents })]);

    expect(answers.map((answer) => answer.text())).toEqual(['1', '2']);
    expect(connectionsOf(server)).toEqual([1, 1, 2]);
  });

  it('is replaced where the agent does not list its connections', async () => {
    const server = await resettingServer();
    const { http: pool } = ownAgents();
    const http = Object.assign(Object.create(null), {
      protocol: 'http:',
      keepAlive: true,
      addRequest: (...request: unknown[]) => Reflect.apply(Reflect.get(pool, 'addRequest'), pool, request),
    });

    await call(server.url, { agents: { http } });
    await call(server.url, { agents: { http } });

    expect(connectionsOf(server)).toEqual([1, 1, 2]);
  });

  it('is replaced over TLS', async () => {
    let requests = 0;
    const { url, https } = await secureServer((request, response) => {
      requests++;
      if (requests === 2) request.socket.destroy();
      else response.end('secure');
    });

    await call(url, { agents: { https } });
    const answer = await call(url, { agents: { https } });

    expect(answer.text()).toBe('secure');
    expect(requests).toBe(3);
  });

  it('is not replaced for a caller that has aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const server = await wireServer((socket, { connection, nth }) => {
      if (connection === 1 && nth === 1) socket.write(wireAnswer(200, ''));
      else if (connection === 1) socket.resetAndDestroy();
      else controller.abort(reason);
    });
    const agents = ownAgents();
    await call(server.url, { agents });

    await expect(call(server.url, { agents, signal: controller.signal })).rejects.toBe(reason);
    await closed(server.connections[1]);
    expect(connectionsOf(server)).toEqual([1, 1, 2]);
  });
});

describe('a reused connection', () => {
  it('is not called stale when it failed for another reason', async () => {
    const server = await wireServer((socket, { nth }) => {
      if (nth === 1) socket.write(wireAnswer(200, ''));
    });
    const agents = ownAgents();
    await call(server.url, { agents });
    const failure = failureOf(call(server.url, { agents }));
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(2);

    const [socket] = Object.values(agents.http.sockets).flat();
    socket?.destroy(Object.assign(new Error('x'), { code: 'ETIMEDOUT' }));

    expect(await failure).toMatchObject({ cause: { code: 'ETIMEDOUT' }, staleConnection: false });
    expect(server.requests).toHaveLength(2);
  });

  it('is not called stale when a response has begun', async () => {
    const server = await wireServer((socket, { nth }) =>
      nth === 1 ? socket.write(wireAnswer(200, '')) : socket.end('HTTP/1.1 2'),
    );
    const agents = ownAgents();
    await call(server.url, { agents });

    const error = await failureOf(call(server.url, { agents }));

    expect(error).toMatchObject({ code: 'NO_ANSWER', staleConnection: false });
  });

  it('is not called stale when a certificate is not trusted', async () => {
    const { url } = await secureServer((_, response) => response.end());

    expect(await failureOf(call(url))).toMatchObject({
      code: 'NO_ANSWER',
      staleConnection: false,
    });
  });
});
