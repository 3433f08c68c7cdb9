import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../lib/core/classify.ts';
import { boundedFetch, type FetchOptions, InvalidOptionError } from '../../../lib/index.ts';
import { call, failureOf, SECRET } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

const { signal } = new AbortController();

describe('boundedFetch', () => {
  it.each<[FetchOptions['method'], string]>([
    ['GET', 'GET'],
    ['post', 'POST'],
    ['patch', 'PATCH'],
    ['delete', 'DELETE'],
    ['options', 'OPTIONS'],
  ])('sends the method %s as %s', async (method = 'GET', sent) => {
    const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));

    await call(server.url, { method });

    expect(server.requests[0]?.text).toMatch(
      new RegExp(`^${sent} /secret-token\\?secret-token HTTP/1.1\r\n`),
    );
  });

  it('calls a URL object, without its fragment', async () => {
    const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));

    await boundedFetch(new URL('/a?b#c', server.url), { signal });

    expect(server.requests[0]?.text).toMatch(/^GET \/a\?b HTTP/);
  });

  it.each<[unknown, RegExp]>([
    ['/relative', /absolute URL/],
    ['', /absolute URL/],
    [undefined, /a string or a URL/],
    [Symbol('x'), /a string or a URL/],
    [new Request(`http://127.0.0.1/${SECRET}`), /a string or a URL/],
    [{ href: `http://127.0.0.1/${SECRET}` }, /a string or a URL/],
    ['ftp://127.0.0.1/', /http: or https:/],
    ['file:///etc/passwd', /http: or https:/],
    ['data:text/plain,x', /http: or https:/],
    [`http://user:${SECRET}@127.0.0.1/`, /without credentials/],
    [new URL(`http://${SECRET}@127.0.0.1/`), /without credentials/],
  ])('refuses the URL %o without quoting it', async (url, reason) => {
    const error = await failureOf(boundedFetch(url as string, { signal }));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(reason);
    expect(classifyError(error)).toBe('bug');
  });

  it.each<[object, RegExp]>([
    [{ method: 'CONNECT' }, /`method` to be one of GET/],
    [{ method: 7 }, /`method` to be one of GET/],
    [{ maxBytes: 0 }, /`maxBytes` to be an integer from 1/],
    [{ idempotent: 'yes' }, /`idempotent` to be true or false/],
    [{ redirect: 'follow' }, /unknown option `redirect`/],
    [{ agents: { ftp: {} } }, /agents: unknown option `ftp`/],
    [{ agents: { http: {} } }, /agents: expected `http` to be an Agent of node:http/],
    [{ agents: { https: null } }, /agents: expected `https` to be an Agent of node:http/],
  ])('refuses the options %j', async (options, reason) => {
    const error = await failureOf(call('http://127.0.0.1:1', options));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(/^boundedFetch/);
    expect(error.message).toMatch(reason);
  });

  it('refuses a call without options and names the signal', async () => {
    const error = await failureOf(Reflect.apply(boundedFetch, undefined, ['http://127.0.0.1:1']));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(/`signal` to be an AbortSignal: .*, got undefined$/);
  });

  it.each([undefined, null, new AbortController(), 'x', {}])(
    'refuses %o as a signal and names what to hand in',
    async (given) => {
      const error = await failureOf(boundedFetch('http://127.0.0.1:1', { signal: given as AbortSignal }));

      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error.message).toMatch(/`signal` to be an AbortSignal: .*`controller\.signal`.*, got/);
    },
  );
});
