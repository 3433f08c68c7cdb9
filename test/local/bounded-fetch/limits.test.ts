import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../lib/core/classify.ts';
import { EncodedAnswerError, ResponseTooLargeError } from '../../../lib/index.ts';
import { CHUNKED, call, closed, failureOf, flood, ownAgents } from '../../support/bounded-fetch.ts';
import { wireServer } from '../../support/wire.ts';

describe('boundedFetch', () => {
  it('does not read a body whose content-length is above maxBytes', async () => {
    const server = await wireServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'));

    const error = await failureOf(call(server.url, { maxBytes: 4 }));

    expect(error).toBeInstanceOf(ResponseTooLargeError);
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', status: 502 });
    expect(classifyError(error)).toBe('permanent');
    await closed(server.connections[0]);
  });

  it('stops reading a body of 50 MB at maxBytes, plus what was on its way', async () => {
    const server = await wireServer((socket) => {
      socket.write(CHUNKED);
      flood(socket, 50_000_000);
    });
    const received: Socket[] = [];
    const agents = ownAgents();
    agents.http.createConnection = (options) => {
      const socket = connect(options as { port: number; host: string });
      received.push(socket);
      return socket;
    };

    expect(await failureOf(call(server.url, { agents }))).toBeInstanceOf(ResponseTooLargeError);

    await closed(server.connections[0]);
    expect(received[0]?.bytesRead).toBeGreaterThan(1_048_576);
    expect(received[0]?.bytesRead).toBeLessThan(1_048_576 + 4 * 65_536);
  });

  it.each(['gzip', 'br', 'identity, gzip', 'unheard-of'])(
    'refuses a body with the content-encoding %s and closes the connection',
    async (encoding) => {
      const server = await wireServer((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: 9\r\n\r\n`),
      );

      const error = await failureOf(call(server.url));

      expect(error).toBeInstanceOf(EncodedAnswerError);
      expect(error).toMatchObject({ code: 'ENCODED_ANSWER', status: 502 });
      expect(error.message).toContain('gigabytes');
      expect(classifyError(error)).toBe('permanent');
      await closed(server.connections[0]);
    },
  );
});
