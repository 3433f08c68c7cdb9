import { afterEach, describe, expect, it } from 'vitest';
import { toAnswer } from '../../lib/local/http/event.ts';
import { areWritable } from '../../lib/local/http/hop-by-hop.ts';
import { type Listening, listen, send, sendHead } from '../../lib/local/http/server.ts';

let server: Listening | undefined;
afterEach(() => server?.close());

describe('headers of a function', () => {
  const OWN = {
    'transfer-encoding': 'chunked',
    'Content-Length': '3',
    connection: 'close, X-Hop',
    'x-hop': 'one',
    'keep-alive': 'timeout=1',
    upgrade: 'h2c',
    te: 'trailers',
    trailer: 'x-end',
    'x-own': 'kept',
    'set-cookie': ['a=1', 'b=2'],
  };

  it.each(['with a length', 'in chunks'])(
    'that are about a connection do not reach the client, of an answer %s',
    async (kind) => {
      server = await listen(0, (_, response) => {
        const answer = { statusCode: 200, headers: OWN, body: 'whole body' };
        if (kind === 'with a length') return send(response, answer);
        sendHead(response, answer);
        response.end(answer.body);
      });
      const response = await fetch(`http://127.0.0.1:${server.port}/`);
      expect(await response.text()).toBe('whole body');
      expect(response.headers.get('x-own')).toBe('kept');
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      for (const name of ['x-hop', 'upgrade', 'te', 'trailer'])
        expect(response.headers.has(name)).toBe(false);
      expect(response.headers.get('connection')).toBe('keep-alive');
    },
  );

  it.each([
    [{ 'a b': 'x' }, false],
    [{ a: 'x\r\ny: z' }, false],
    [{ 'set-cookie': ['fine', 'a\nb'] }, false],
    [{ a: 'x', 'set-cookie': ['a=1'] }, true],
  ])('that HTTP has no room for are no answer: %j', (headers, expected) => {
    expect(areWritable(headers)).toBe(expected);
  });

  it('that are objects are no text of theirs', () => {
    const answer = toAnswer('{"statusCode":200,"headers":{"a":{"toString":1},"b":7,"c":null}}');
    expect(answer?.headers).toMatchObject({ a: '{"toString":1}', b: '7', c: 'null' });
  });
});
