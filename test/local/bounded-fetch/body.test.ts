import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type FetchBody, type FetchOptions, InvalidOptionError } from '../../../lib/index.ts';
import { call, failureOf, SECRET } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

async function sentBy(options: Partial<FetchOptions>): Promise<string> {
  const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));
  await call(server.url, options);
  return server.requests[0]?.text ?? '';
}

const bytes = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;

describe('boundedFetch', () => {
  it.each(['POST', 'DELETE', 'GET'] as const)(
    'announces the length of a body in bytes, with %s',
    async (method) => {
      const sent = await sentBy({ method, body: 'ä' });

      expect(sent).toMatch(/content-length: 2\r\n/);
      expect(sent).toMatch(/\r\n\r\n..$/s);
      expect(sent).not.toMatch(/content-type/i);
    },
  );

  it.each([null, undefined])('sends no body for %s', async (body) => {
    const sent = await sentBy({ method: 'GET', ...(body === null && { body }) });

    expect(sent).not.toMatch(/content-length|transfer-encoding/i);
    expect(sent).toMatch(/\r\n\r\n$/);
  });

  it.each<[string, FetchBody]>([
    ['a Uint8Array', new Uint8Array([65, 66])],
    ['a Buffer', Buffer.from('AB')],
    ['a part of a buffer', new Uint8Array(bytes('xABx'), 1, 2)],
    ['a Uint16Array', new Uint16Array(bytes('AB'))],
    ['a DataView', new DataView(bytes('xABx'), 1, 2)],
    ['an ArrayBuffer', bytes('AB')],
    ['an ArrayBuffer of another realm', runInNewContext('new Uint8Array([65, 66]).buffer')],
    ['bytes in shared memory', new Uint8Array(new SharedArrayBuffer(2)).fill(65).fill(66, 1)],
  ])('sends the bytes of %s as they are', async (_, body) => {
    const sent = await sentBy({ method: 'PUT', body });

    expect(sent).toMatch(/content-length: 2\r\n/);
    expect(sent).toMatch(/\r\n\r\nAB$/);
    expect(sent).not.toMatch(/content-type/i);
  });

  it('sends URLSearchParams as a form, with its content-type unless the headers have one', async () => {
    const body = new URLSearchParams({ a: 'ä b' });

    const sent = await sentBy({ method: 'POST', body });
    expect(sent).toMatch(/content-type: application\/x-www-form-urlencoded;charset=UTF-8\r\n/);
    expect(sent).toMatch(/\r\n\r\na=%C3%A4\+b$/);

    const typed = await sentBy({ method: 'POST', body, headers: { 'Content-Type': 'text/x' } });
    expect(typed.match(/content-type: .*/gi)).toEqual(['content-type: text/x']);
  });

  it.each<[string, unknown, string]>([
    ['an object', { a: SECRET }, 'got Object; hand in JSON.stringify(body)'],
    ['an array', [SECRET], 'got Array; hand in JSON.stringify(body)'],
    ['a number', 7, 'got Number; hand in String(body)'],
    ['a String object', new String(SECRET), 'got String; hand in String(body)'],
    ['a Blob', new Blob([SECRET]), 'got Blob; hand in await blob.arrayBuffer()'],
    ['a File', new File([SECRET], 'x'), 'got File; hand in await file.arrayBuffer()'],
    [
      'FormData',
      new FormData(),
      'got FormData; hand in await new Response(form).arrayBuffer() with the content-type',
    ],
    ['a web stream', new Blob([SECRET]).stream(), 'got ReadableStream; hand in the bytes of the stream'],
    ['a Node stream', Readable.from([SECRET]), 'got Object; hand in the bytes of the stream'],
    ['a promise', Promise.resolve(SECRET), 'got Promise; hand in await body'],
    [
      'shared memory',
      new SharedArrayBuffer(1),
      'got SharedArrayBuffer; hand in new Uint8Array(body).slice()',
    ],
    ['an object that calls itself something', { [Symbol.toStringTag]: `${SECRET}!` }, 'got Object; hand in'],
  ])('refuses %s as a body and names what to hand in', async (_, body, reason) => {
    const error = await failureOf(call('http://127.0.0.1:1', { method: 'POST', body: body as FetchBody }));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toContain(`expected \`body\` to be text, bytes or URLSearchParams, ${reason}`);
  });

  it.each([
    ['a buffer', (buffer: ArrayBuffer) => buffer],
    ['a view of one', (buffer: ArrayBuffer) => new Uint8Array(buffer)],
  ])('refuses %s that was transferred, instead of sending nothing', async (_, bodyOf) => {
    const buffer = bytes('AB');
    const body = bodyOf(buffer);
    buffer.transfer();

    const error = await failureOf(call('http://127.0.0.1:1', { method: 'POST', body }));

    expect(error.message).toContain('`body` to be bytes, got a buffer that was transferred');
  });
});
