import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../lib/core/classify.ts';
import { type FetchHeaders, InvalidOptionError } from '../../../lib/index.ts';
import { call, failureOf, SECRET } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

/** The header lines that a server receives, but for those that Node adds. */
async function linesOf(headers: FetchHeaders): Promise<readonly string[]> {
  const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));
  await call(server.url, { headers });
  const [, ...lines] = server.requests[0]?.text.trim().split('\r\n') ?? [];
  return lines.filter((line) => !/^(host|connection): /i.test(line));
}

function* pairs(): Generator<[string, string]> {
  yield ['Authorization', SECRET];
  yield ['x-one', '1'];
}

const SENT = [`authorization: ${SECRET}`, 'x-one: 1', 'accept-encoding: identity'];

describe('boundedFetch', () => {
  it.each<[string, () => FetchHeaders]>([
    ['an object', () => ({ Authorization: SECRET, 'x-one': '1' })],
    ['an object without a prototype', () => Object.assign(Object.create(null), Object.fromEntries(pairs()))],
    ['an object of another realm', () => runInNewContext(`({ Authorization: '${SECRET}', 'x-one': '1' })`)],
    ['an instance of a class', () => Object.assign(new (class Bag {})(), Object.fromEntries(pairs()))],
    ['a Headers', () => new Headers([...pairs()])],
    ['an array of pairs', () => [...pairs()]],
    ['a Map', () => new Map(pairs())],
    ['a generator', pairs],
    ['URLSearchParams', () => new URLSearchParams([...pairs()])],
  ])('sends the headers of %s', async (_, make) => {
    expect(await linesOf(make())).toEqual(SENT);
  });

  it.each<[string, FetchHeaders]>([
    ['no entry', []],
    ['nothing in it', {}],
    ['no prototype and nothing in it', Object.create(null)],
  ])('sends no header for headers with %s', async (_, headers) => {
    expect(await linesOf(headers)).toEqual(['accept-encoding: identity']);
  });

  it('sends a number as text, as fetch does', async () => {
    expect(await linesOf({ a: 7, b: 0.5, c: 0 })).toEqual(['a: 7', 'b: 0.5', 'c: 0', SENT[2]]);
  });

  it('trims a value, such as a token that was read from a file with its line break', async () => {
    expect(await linesOf({ a: ' \t x y \r\n', b: '' })).toEqual(['a: x y', 'b: ', SENT[2]]);
  });

  it('joins headers with the same name, as fetch does', async () => {
    const headers: [string, string][] = [
      ['Accept', 'a/b'],
      ['cookie', 'a=1'],
      ['accept', 'c/d'],
      ['Cookie', 'b=2'],
    ];

    expect(await linesOf(headers)).toEqual(['accept: a/b, c/d', 'cookie: a=1; b=2', SENT[2]]);
    expect(await linesOf({ 'X-One': '1', 'x-one': '2' })).toEqual(['x-one: 1, 2', SENT[2]]);
  });

  it('asks for a body that is not compressed, whatever the headers say', async () => {
    expect(await linesOf({ 'Accept-Encoding': 'gzip' })).toEqual(['accept-encoding: identity']);
  });

  it('sends headers that are named like members of an object', async () => {
    const headers = JSON.parse('{ "__proto__": "x", "constructor": "y" }') as Record<string, string>;

    expect(await linesOf(headers)).toEqual(['__proto__: x', 'constructor: y', SENT[2]]);
  });

  const refused: readonly [string, unknown, RegExp][] = [
    ['undefined', { authorization: undefined }, /header "authorization" to be a string.*, got undefined$/],
    ['null', { authorization: null }, /header "authorization" to be a string.*, got null$/],
    [
      'NaN',
      { age: Number.NaN },
      /header "age" to be a string or a finite number, got a value of type number$/,
    ],
    ['an array', { accept: [SECRET] }, /header "accept" .* got a value of type object$/],
    ['a boolean', new Map([['a', true]]), /header "a" .* got a value of type boolean$/],
    ['a symbol', { a: Symbol(SECRET) }, /header "a" .* got a value of type symbol$/],
    ['a line break', { a: `${SECRET}\r\nx: y` }, /header "a" to be Latin-1 text without line breaks/],
    ['a line feed', { a: `${SECRET}\nx` }, /header "a" to be Latin-1 text without line breaks/],
    ['a zero byte', { a: `${SECRET}\0` }, /header "a" to be Latin-1 text/],
    ['a character above Latin-1', { a: `${SECRET}€` }, /header "a" to be Latin-1 text.*encode its value$/],
  ];
  it.each(refused)(
    'refuses a header value that is or has %s, without quoting it',
    async (_, headers, reason) => {
      const error = await failureOf(call('http://127.0.0.1:1', { headers: headers as FetchHeaders }));

      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error.message).toMatch(/^boundedFetch: expected the header /);
      expect(error.message).toMatch(reason);
      expect(classifyError(error)).toBe('bug');
    },
  );

  it.each<[string, unknown, RegExp]>([
    ['with a name that is no token', { a: '1', 'secret-token ': 'x' }, /HTTP token; name 2 is not$/],
    ['with an empty name', [['', 'x']], /HTTP token; name 1 is not$/],
    ['with a name that is no text', [[7, 'x']], /HTTP token; name 1 is not$/],
    [
      'as a string',
      `authorization: ${SECRET}`,
      /`headers` to be an object or an iterable of pairs, got String$/,
    ],
    ['as null', null, /got Null$/],
    ['as a promise', Promise.resolve({ a: SECRET }), /got Promise$/],
    ['as a Date', new Date(), /got Date$/],
    [
      'as a class that hides them',
      new (class Bag {
        readonly #a = SECRET;
        get a() {
          return this.#a;
        }
      })(),
      /got Object$/,
    ],
    ['as a list of names and values', ['a', SECRET], /pairs of a name and a value; entry 1 is none$/],
    ['as bytes', Buffer.from(SECRET), /entry 1 is none$/],
    ['as a Set', new Set([SECRET]), /entry 1 is none$/],
    [
      'as triples',
      [
        ['a', '1'],
        ['a', 'b', SECRET],
      ],
      /entry 2 is none$/,
    ],
    ['with a content-length', { 'Content-Length': '1' }, /without content-length; it follows from the body$/],
    ['with a transfer-encoding', { 'transfer-encoding': 'chunked' }, /without transfer-encoding; it follows/],
    ['with an expectation', { Expect: '100-continue' }, /without expect; the body is sent at once$/],
    ['with an upgrade', new Headers({ upgrade: 'h2c' }), /without upgrade; no other protocol is spoken$/],
  ])('refuses headers %s', async (_, headers, reason) => {
    const error = await failureOf(call('http://127.0.0.1:1', { headers: headers as FetchHeaders }));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(/^boundedFetch: expected /);
    expect(error.message).toMatch(reason);
  });
});
