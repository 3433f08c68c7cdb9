import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../lib/core/classify.ts';
import { isProof } from '../../../lib/idempotency/proof.ts';
import { NoAnswerError } from '../../../lib/index.ts';
import { CHUNKED, call, closed, ENDLESS, failureOf, SECRET } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

describe('boundedFetch', () => {
  it.each<[string, string, (socket: Socket) => unknown]>([
    ['a reset before the response', 'ECONNRESET', (socket) => socket.resetAndDestroy()],
    ['an end before the response', 'ECONNRESET', (socket) => socket.end()],
    ['an end in the headers', 'ECONNRESET', (socket) => socket.end('HTTP/1.1 200 OK\r\nx:')],
    ['a reset in the body', 'ECONNRESET', (socket) => socket.write(ENDLESS, () => socket.resetAndDestroy())],
    ['an end in a chunked body', 'ECONNRESET', (socket) => socket.end(ENDLESS)],
    [
      'a body that is shorter than its content-length',
      'ECONNRESET',
      (socket) => socket.end(wireAnswer(200, 'abc').slice(0, -1)),
    ],
    [
      'a body that is longer than its content-length',
      'HPE_',
      (socket) => socket.write(`${wireAnswer(200, 'abc')}${SECRET}`),
    ],
    [
      'a content-length that is no number',
      'HPE_',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'),
    ],
    ['a malformed chunk', 'HPE_|ECONNRESET', (socket) => socket.write(`${CHUNKED}${SECRET}\r\n`)],
    ['what is not HTTP', 'HPE_', (socket) => socket.write(`SSH-2.0-${SECRET}\r\n`)],
    [
      'headers without end',
      'HPE_HEADER_OVERFLOW',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`),
    ],
    [
      'a change of the protocol',
      'the connection was closed',
      (socket) => socket.write('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
  ])('throws a retryable NoAnswerError after %s', async (_, code, answer) => {
    const server = await wireServer((socket) => void answer(socket));

    const error = await failureOf(call(server.url));

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error).toMatchObject({ code: 'NO_ANSWER', status: 502, staleConnection: false });
    expect(error.message).toMatch(new RegExp(`^${new URL(server.url).host} gave no whole answer: (${code})`));
    expect(error.cause ?? {}).not.toHaveProperty('rawPacket');
    expect(classifyError(error)).toBe('transient');
    expect(isProof(error)).toBe(false);
    await closed(server.connections[0]);
    expect(server.requests).toHaveLength(1);
  });

  it('proves with its error that nothing was sent where the service ends the TLS handshake', async () => {
    const server = await wireServer((socket) => socket.resetAndDestroy());

    const error = await failureOf(call(server.url.replace('http:', 'https:'), { method: 'POST' }));

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(isProof(error)).toBe(true);
  });

  it('throws a retryable NoAnswerError when no server listens', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');

    const error = await failureOf(call(`http://127.0.0.1:${port}`));

    expect(error.message).toBe(`127.0.0.1:${port} gave no whole answer: ECONNREFUSED`);
    expect(error).toMatchObject({ retryable: true, cause: { code: 'ECONNREFUSED' } });
  });

  it('throws a NoAnswerError for a name that does not resolve', async () => {
    const error = await failureOf(call('http://fibrin.invalid'));

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error.message).toMatch(/^fibrin\.invalid gave no whole answer: (ENOTFOUND|EAI_AGAIN)$/);
  });
});
