import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../lib/core/classify.ts';
import { ValidationError } from '../../../lib/index.ts';
import { fakeClock } from '../../../lib/testing/index.ts';
import { CHUNKED, call, failureOf, ownAgents } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

/** Writes one byte after the other, and lets each be read before the next. */
function writeSlowly(socket: Socket, wire: string): void {
  if (wire === '') return;
  socket.setNoDelay(true).write(wire.slice(0, 1));
  setImmediate(() => writeSlowly(socket, wire.slice(1)));
}

describe('boundedFetch', () => {
  it('returns the whole response, with headers by lower-case name in an object without a prototype', async () => {
    const server = await wireServer((socket) =>
      socket.write(
        wireAnswer(201, '{"a":"ä"}', ['X-One: 1', 'Set-Cookie: a=1', 'Set-Cookie: b=2', '__proto__: x']),
      ),
    );

    const answer = await call(server.url, { agents: ownAgents() });

    expect(answer.status).toBe(201);
    expect(Object.getPrototypeOf(answer.headers)).toBeNull();
    expect(answer.headers).toMatchObject({ 'x-one': '1', 'set-cookie': 'a=1,b=2', 'content-length': '10' });
    expect(answer.bytes).toEqual(new Uint8Array(Buffer.from('{"a":"ä"}')));
    expect(answer.text()).toBe('{"a":"ä"}');
    expect(answer.json()).toEqual({ a: 'ä' });
  });

  it.each([
    ['a content-length', (body: string) => wireAnswer(200, body)],
    ['chunks', (body: string) => `${CHUNKED}${[...body].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`],
  ])('assembles a body that arrives byte by byte, with %s', async (_, wire) => {
    const body = 'one at a time';
    const server = await wireServer((socket) => writeSlowly(socket, wire(body)));

    expect((await call(server.url)).text()).toBe(body);
  });

  it('accepts a body of exactly maxBytes, and an empty one', async () => {
    const server = await wireServer((socket, { nth }) =>
      socket.write(wireAnswer(200, nth === 1 ? 'abcd' : '')),
    );
    const agents = ownAgents();

    expect((await call(server.url, { maxBytes: 4, agents })).bytes).toHaveLength(4);
    expect((await call(server.url, { agents })).bytes).toHaveLength(0);
    expect(server.connections).toHaveLength(1);
  });

  it.each(['HEAD', 'head'] as const)(
    'reads no body after a %s, whatever its headers announce',
    async (method) => {
      const server = await wireServer((socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\ncontent-encoding: gzip\r\n\r\n'),
      );
      const agents = ownAgents();

      for (let calls = 0; calls < 2; calls++) {
        const { headers, bytes } = await call(server.url, { method, agents, clock: fakeClock() });
        expect(headers).toMatchObject({ 'content-length': '5000000' });
        expect(bytes).toHaveLength(0);
      }
      expect(server.connections).toHaveLength(1);
    },
  );

  it.each(['', '<html>', '{"name":"Ada'])(
    'throws a retryable ValidationError that does not quote the body %j, which is not JSON',
    async (body) => {
      const server = await wireServer((socket) => socket.write(wireAnswer(200, body)));
      const answer = await call(server.url);

      const error = await failureOf((async () => answer.json())());

      expect(error).toBeInstanceOf(ValidationError);
      expect(error).toMatchObject({ code: 'INVALID_ANSWER', status: 502, retryable: true });
      expect(error.cause).toBeUndefined();
      expect(error.message).not.toMatch(/html|Ada/);
      expect(classifyError(error)).toBe('transient');
    },
  );

  it('accepts a content-encoding of identity', async () => {
    const server = await wireServer((socket) =>
      socket.write(wireAnswer(200, 'a', ['Content-Encoding: Identity'])),
    );

    expect((await call(server.url)).text()).toBe('a');
  });
});
