import { getEventListeners, once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { createServer as createSecureServer, Agent as SecureAgent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { classifyError, evidenceOf } from '../../lib/core/classify.ts';
import {
  AttemptTimeoutError,
  EncodedAnswerError,
  type FetchOptions,
  HttpStatusError,
  InvalidOptionError,
  NoAnswerError,
  ResponseTooLargeError,
  resilient,
  resilientFetch,
  ValidationError,
} from '../../lib/index.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { listen, wireAnswer, wireServer } from '../support/wire.ts';

const SECRET = 'secret-token';

/** What a call ends with, and that it leaves nothing on its signal. */
async function call(url: string, options: Partial<FetchOptions> = {}) {
  const { signal = new AbortController().signal } = options;
  try {
    return await resilientFetch(`${url}/${SECRET}?${SECRET}`, { ...options, signal });
  } finally {
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  }
}

/** The error that a call ends with: one that tells nobody where exactly it led to. */
async function failureOf(answer: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const error = await answer.then(
    () => expect.fail('expected the call to fail'),
    (thrown: unknown) => thrown as Error & Record<string, unknown>,
  );
  expect(String(error)).not.toContain(SECRET);
  return error;
}

/** Agents for one test. What they hold is closed with it. */
function ownAgents(options: ConstructorParameters<typeof Agent>[0] = {}) {
  const http = new Agent({ keepAlive: true, ...options });
  atEndOfTest(() => http.destroy());
  return { http };
}

const closed = async (socket: Socket | undefined) => {
  if (socket?.closed === false) await new Promise((done) => socket.on('close', done));
};

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
/** An answer in chunks, none of which is the last. */
const ENDLESS = `${CHUNKED}1\r\na\r\n`;

/** Writes one byte after the other, and lets each be read before the next. */
function writeSlowly(socket: Socket, wire: string): void {
  if (wire === '') return;
  socket.setNoDelay(true).write(wire.slice(0, 1));
  setImmediate(() => writeSlowly(socket, wire.slice(1)));
}

/** Writes as fast as it is read, until the other side has had enough. */
function flood(socket: Socket, mostBytes = Number.POSITIVE_INFINITY): void {
  const chunk = Buffer.alloc(65_536, 'x');
  const framed = Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]);
  let sent = 0;
  const more = () => {
    while (!socket.destroyed && sent < mostBytes) {
      sent += chunk.length;
      if (!socket.write(framed)) return;
    }
  };
  socket.on('drain', more);
  more();
}

describe('an answer', () => {
  it('comes whole, with its headers by lower-case name and nothing behind them', async () => {
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
    ['with a length', (body: string) => wireAnswer(200, body)],
    ['in chunks', (body: string) => `${CHUNKED}${[...body].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`],
  ])('is put together from single bytes, %s', async (_, wire) => {
    const body = 'one at a time';
    const server = await wireServer((socket) => writeSlowly(socket, wire(body)));

    expect((await call(server.url)).text()).toBe(body);
  });

  it('may be as long as it may be, and empty', async () => {
    const server = await wireServer((socket, { nth }) =>
      socket.write(wireAnswer(200, nth === 1 ? 'abcd' : '')),
    );
    const agents = ownAgents();

    expect((await call(server.url, { maxBytes: 4, agents })).bytes).toHaveLength(4);
    expect((await call(server.url, { agents })).bytes).toHaveLength(0);
    expect(server.connections).toHaveLength(1);
  });

  it('to a HEAD has no body, whatever it says of one', async () => {
    const server = await wireServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\ncontent-encoding: gzip\r\n\r\n'),
    );
    const agents = ownAgents();

    for (let calls = 0; calls < 2; calls++) {
      const { headers, bytes } = await call(server.url, { method: 'HEAD', agents, clock: fakeClock() });
      expect(headers).toMatchObject({ 'content-length': '5000000' });
      expect(bytes).toHaveLength(0);
    }
    expect(server.connections).toHaveLength(1);
  });

  it.each(['', '<html>', '{"name":"Ada'])('that is no JSON is a failure of the service: %j', async (body) => {
    const server = await wireServer((socket) => socket.write(wireAnswer(200, body)));
    const answer = await call(server.url);

    const error = await failureOf((async () => answer.json())());

    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ code: 'INVALID_ANSWER', status: 502, retryable: true });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toMatch(/html|Ada/);
    expect([classifyError(error), evidenceOf(error)]).toEqual(['transient', 'failed']);
  });
});

describe('a request', () => {
  const sentBy = async (options: Partial<FetchOptions>) => {
    const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));
    await call(server.url, options);
    return server.requests[0]?.text ?? '';
  };

  it('asks for a body that is not compressed, whatever its caller says', async () => {
    const sent = await sentBy({ headers: { 'Accept-Encoding': 'gzip', 'X-One': '1' } });

    expect(sent).toMatch(/^GET \/secret-token\?secret-token HTTP\/1\.1\r\n/);
    expect(sent).toContain('x-one: 1\r\n');
    expect(sent.match(/accept-encoding: .*/gi)).toEqual(['accept-encoding: identity']);
    expect(sent).not.toMatch(/content-length|transfer-encoding/i);
  });

  it.each(['POST', 'DELETE', 'GET'] as const)('tells the length of its body: %s', async (method) => {
    const sent = await sentBy({ method, body: 'ä' });

    expect(sent).toMatch(/content-length: 2\r\n/);
    expect(sent).toMatch(/\r\n\r\n..$/s);
  });

  it('has the headers of its caller, whatever they are called', async () => {
    const headers = JSON.parse('{ "__proto__": "x", "constructor": "y" }') as Record<string, string>;

    expect(await sentBy({ headers })).toMatch(/__proto__: x\r\nconstructor: y\r\n/);
  });

  it('sends bytes as they are', async () => {
    expect(await sentBy({ method: 'PUT', body: new Uint8Array([65, 66]) })).toMatch(/\r\n\r\nAB$/);
  });

  it.each([
    ['/relative', /absolute URL/],
    ['', /absolute URL/],
    ['ftp://127.0.0.1/', /http: or https:/],
    ['file:///etc/passwd', /http: or https:/],
    ['data:text/plain,x', /http: or https:/],
    [`http://user:${SECRET}@127.0.0.1/`, /without credentials/],
    [`http://${SECRET}@127.0.0.1/`, /without credentials/],
  ])('is refused for the URL %s', async (url, reason) => {
    const error = await failureOf(resilientFetch(url, { signal: new AbortController().signal }));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(reason);
    expect([classifyError(error), evidenceOf(error)]).toEqual(['bug', 'nothing']);
  });

  it.each<[object, RegExp]>([
    [{ method: 'CONNECT' }, /`method` to be one of GET/],
    [{ maxBytes: 0 }, /`maxBytes` to be an integer from 1/],
    [{ colour: 'red' }, /unknown option `colour`/],
    [{ agents: { ftp: {} } }, /agents: unknown option `ftp`/],
    [{ body: { a: 1 } }, /`body` to be text or bytes/],
    [{ headers: { 'Content-Length': '1' } }, /without content-length/],
    [{ headers: { 'transfer-encoding': 'chunked' } }, /without transfer-encoding/],
  ])('is refused with the options %j', async (options, reason) => {
    const error = await failureOf(call('http://127.0.0.1:1', options));

    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(reason);
  });

  it.each([{ 'a b': 'x' }, { a: `${SECRET}\r\nx: y` }])(
    'is refused by Node for the headers %j',
    async (headers) => {
      const error = await failureOf(call('http://127.0.0.1:1', { headers }));

      expect([classifyError(error), evidenceOf(error)]).toEqual(['bug', 'nothing']);
    },
  );
});

describe('a status that is no success', () => {
  it.each([
    [101, 502, 'permanent', 'answered'],
    [301, 502, 'permanent', 'answered'],
    [304, 502, 'permanent', 'answered'],
    [400, 502, 'permanent', 'answered'],
    [404, 502, 'permanent', 'answered'],
    [408, 502, 'transient', 'failed'],
    [425, 502, 'transient', 'answered'],
    [429, 503, 'transient', 'failed'],
    [500, 502, 'transient', 'failed'],
    [503, 503, 'transient', 'failed'],
    [599, 502, 'transient', 'failed'],
  ])(
    'of %i is a %i for our caller, %s, and says that the service has %s',
    async (status, ours, kind, evidence) => {
      const server = await wireServer((socket) =>
        socket.end(wireAnswer(status, status === 304 ? '' : SECRET, [`location: /${SECRET}`])),
      );

      const error = await failureOf(call(server.url, { clock: fakeClock() }));

      expect(error).toBeInstanceOf(HttpStatusError);
      expect(error).toMatchObject({ code: 'HTTP_STATUS', downstreamStatus: status, status: ours });
      expect([classifyError(error), evidenceOf(error)]).toEqual([kind, evidence]);
      expect(error.message).toContain(`${new URL(server.url).host} answered ${status}`);
      expect(error.message.includes('redirects are not followed')).toBe(status >= 300 && status < 400);
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([
    ['2', 2_000],
    ['Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2015 07:27:00 GMT', 0],
    ['soon', undefined],
  ])('brings the wait that it asks for: %s', async (value, expected) => {
    const server = await wireServer((socket) => socket.write(wireAnswer(503, '', [`Retry-After: ${value}`])));
    const clock = fakeClock(Date.UTC(2015, 9, 21, 7, 28, 0));

    expect((await failureOf(call(server.url, { clock })))['retryAfterMs']).toBe(expected);
    expect(clock.pending).toBe(0);
  });

  it('leaves its connection to the next request when its body is short', async () => {
    const server = await wireServer((socket, { nth }) => {
      const [head, body] = wireAnswer(nth === 1 ? 500 : 200, 'sorry').split('\r\n\r\n');
      socket.write(`${head}\r\n\r\n`, () => socket.write(`${body}`));
    });
    const agents = ownAgents();

    await failureOf(call(server.url, { agents, clock: fakeClock() }));
    await call(server.url, { agents });

    expect(server.connections).toHaveLength(1);
  });

  it('closes its connection when its body is long', async () => {
    const server = await wireServer((socket) => {
      socket.write('HTTP/1.1 404 X\r\ntransfer-encoding: chunked\r\n\r\n');
      flood(socket);
    });

    expect(await failureOf(call(server.url, { clock: fakeClock() }))).toMatchObject({
      downstreamStatus: 404,
    });
    await closed(server.connections[0]);
  });

  it('does not wait for a body that does not come', async () => {
    const server = await wireServer((socket) => socket.write('HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\n'));
    const clock = fakeClock();

    const failure = failureOf(call(server.url, { clock }));
    await expect.poll(() => clock.pending, { interval: 1 }).toBe(1);
    await clock.advance(50);

    expect(await failure).toMatchObject({ downstreamStatus: 503 });
    await closed(server.connections[0]);
  });

  it('stands though its body is cut short', async () => {
    const server = await wireServer((socket) => {
      socket.end('HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\nso');
    });

    expect(await failureOf(call(server.url))).toMatchObject({ downstreamStatus: 503 });
  });
});

describe('a body', () => {
  it('that says to be too long is not read', async () => {
    const server = await wireServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'));

    const error = await failureOf(call(server.url, { maxBytes: 4 }));

    expect(error).toBeInstanceOf(ResponseTooLargeError);
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', status: 502 });
    expect([classifyError(error), evidenceOf(error)]).toEqual(['permanent', 'failed']);
    await closed(server.connections[0]);
  });

  it('of 50 MB is not received further than the limit, and what was on its way', async () => {
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
    'that is encoded is refused: %s',
    async (encoding) => {
      const server = await wireServer((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: 9\r\n\r\n`),
      );

      const error = await failureOf(call(server.url));

      expect(error).toBeInstanceOf(EncodedAnswerError);
      expect(error).toMatchObject({ code: 'ENCODED_ANSWER', status: 502 });
      expect(error.message).toContain('gigabytes');
      expect([classifyError(error), evidenceOf(error)]).toEqual(['permanent', 'failed']);
      await closed(server.connections[0]);
    },
  );

  it('may say that it is not encoded', async () => {
    const server = await wireServer((socket) =>
      socket.write(wireAnswer(200, 'a', ['Content-Encoding: Identity'])),
    );

    expect((await call(server.url)).text()).toBe('a');
  });
});

describe('a failure on the way', () => {
  it.each<[string, string, (socket: Socket) => unknown]>([
    ['a reset before the answer', 'ECONNRESET', (socket) => socket.resetAndDestroy()],
    ['an end before the answer', 'ECONNRESET', (socket) => socket.end()],
    ['an end in the headers', 'ECONNRESET', (socket) => socket.end('HTTP/1.1 200 OK\r\nx:')],
    ['a reset in the body', 'ECONNRESET', (socket) => socket.write(ENDLESS, () => socket.resetAndDestroy())],
    ['an end in a chunked body', 'ECONNRESET', (socket) => socket.end(ENDLESS)],
    [
      'a body that is shorter than it says',
      'ECONNRESET',
      (socket) => socket.end(wireAnswer(200, 'abc').slice(0, -1)),
    ],
    [
      'a body that is longer than it says',
      'HPE_',
      (socket) => socket.write(`${wireAnswer(200, 'abc')}${SECRET}`),
    ],
    [
      'a length that is none',
      'HPE_',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'),
    ],
    ['a chunk that is none', 'HPE_|ECONNRESET', (socket) => socket.write(`${CHUNKED}${SECRET}\r\n`)],
    ['what is not HTTP', 'HPE_', (socket) => socket.write(`SSH-2.0-${SECRET}\r\n`)],
    [
      'headers without end',
      'HPE_HEADER_OVERFLOW',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`),
    ],
    [
      'another protocol',
      'the connection was closed',
      (socket) => socket.write('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
  ])('is no answer: %s', async (_, code, answer) => {
    const server = await wireServer((socket) => void answer(socket));

    const error = await failureOf(call(server.url));

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error).toMatchObject({ code: 'NO_ANSWER', status: 502, staleConnection: false });
    expect(error.message).toMatch(new RegExp(`^${new URL(server.url).host} gave no whole answer: (${code})`));
    expect(error.cause ?? {}).not.toHaveProperty('rawPacket');
    expect([classifyError(error), evidenceOf(error)]).toEqual(['transient', 'failed']);
    await closed(server.connections[0]);
    expect(server.requests).toHaveLength(1);
  });

  it('is no answer: nobody listens', async () => {
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

  it('is no answer: a name that does not resolve', async () => {
    const error = await failureOf(call('http://fibrin.invalid'));

    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error.message).toMatch(/^fibrin\.invalid gave no whole answer: (ENOTFOUND|EAI_AGAIN)$/);
  });
});

describe('the signal', () => {
  const reason = new Error('enough');

  it('that has aborted already lets nothing be sent', async () => {
    const server = await wireServer(() => undefined);

    await expect(call(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.connections).toEqual([]);
  });

  it('cuts the search for an address', async () => {
    const controller = new AbortController();
    const looking = Promise.withResolvers<void>();
    const agents = ownAgents({ lookup: () => looking.resolve() });
    const answer = call('http://fibrin.invalid', { signal: controller.signal, agents });
    await looking.promise;
    const [socket] = Object.values(agents.http.sockets).flat();
    // Node hands a request its connection in the next tick.
    await new Promise(setImmediate);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(socket?.destroyed).toBe(true);
  });

  it('cuts a call that has only just begun', async () => {
    const controller = new AbortController();
    const server = await wireServer(() => undefined);
    const answer = call(server.url, { signal: controller.signal, agents: ownAgents() });

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(server.requests).toEqual([]);
  });

  it('cuts the wait for a connection, which then serves another', async () => {
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
    ['the wait for the answer', ''],
    ['its headers', 'HTTP/1.1 200 OK\r\nx:'],
    ['a body that does not come', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'],
    ['a body that never ends', ENDLESS],
    ['the body of a refusal', 'HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\nso'],
  ])('cuts %s, and closes the connection', async (_, wire) => {
    const controller = new AbortController();
    const read = Promise.withResolvers<void>();
    const server = await wireServer((socket) => {
      if (wire === '') read.resolve();
      else socket.write(wire);
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

  it('of a policy cuts a body that never ends', async () => {
    const server = await wireServer((socket) => socket.write(ENDLESS));
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', attemptTimeoutMs: 100, clock });

    const answer = failureOf(
      posts.execute(async ({ signal }) => (await resilientFetch(server.url, { signal })).text()),
    );
    await expect.poll(() => server.requests.length, { interval: 1 }).toBe(1);
    await clock.advance(100);

    expect(await answer).toBeInstanceOf(AttemptTimeoutError);
    await closed(server.connections[0]);
  });

  it('of a policy waits as long as the service asks before it tries again', async () => {
    const server = await wireServer((socket, { nth }) =>
      socket.write(nth === 1 ? wireAnswer(429, '', ['Retry-After: 3']) : wireAnswer(200, 'well')),
    );
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', retry: { attempts: 2 }, clock });

    const agents = ownAgents();
    const refused = Promise.withResolvers<void>();
    const answer = posts.execute(({ signal }) =>
      resilientFetch(server.url, { signal, clock, agents })
        .then((answer) => answer.text())
        .finally(refused.resolve),
    );
    await refused.promise;
    await clock.advance(2_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);

    expect(await answer).toBe('well');
  });
});

describe('a connection that the service has closed while it was idle', () => {
  /** Answers each connection once; what comes over it then is lost, and it with it. */
  const forgetful = (isFresh: (connection: number) => boolean = () => true) =>
    wireServer((socket, { connection, nth, text }) => {
      if (nth > 1 || !isFresh(connection)) socket.resetAndDestroy();
      else socket.write(wireAnswer(200, text.startsWith('HEAD') ? '' : `${connection}`));
    });

  it.each<[Partial<FetchOptions>]>([
    [{}],
    [{ method: 'HEAD' }],
    [{ method: 'OPTIONS' }],
    [{ method: 'POST', body: 'x', idempotent: true }],
  ])('is replaced by a fresh one for %j', async (options) => {
    const server = await forgetful();
    const agents = ownAgents();
    await call(server.url, { agents });

    await call(server.url, { agents, ...options });

    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
    expect(server.requests[2]?.text).toBe(server.requests[1]?.text);
  });

  it.each<[Partial<FetchOptions>]>([
    [{ method: 'POST', body: 'x' }],
    [{ method: 'DELETE' }],
    [{ idempotent: false }],
  ])('is an error worth a retry for %j', async (options) => {
    const server = await forgetful();
    const agents = ownAgents();
    await call(server.url, { agents });

    const error = await failureOf(call(server.url, { agents, ...options }));

    expect(error).toMatchObject({ code: 'NO_ANSWER', staleConnection: true, retryable: true });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it('is replaced once only', async () => {
    const server = await forgetful((connection) => connection === 1);
    const agents = ownAgents();
    await call(server.url, { agents });

    const error = await failureOf(call(server.url, { agents }));

    expect(error).toMatchObject({ code: 'NO_ANSWER', staleConnection: false });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('takes the others to the same place with it, and leaves those to another', async () => {
    const [server, other] = [
      await forgetful(),
      await wireServer((socket) => socket.write(wireAnswer(200, ''))),
    ];
    const agents = ownAgents();
    await Promise.all([1, 2, 3].map(() => call(server.url, { agents })));
    await call(other.url, { agents });

    await call(server.url, { agents });
    await call(other.url, { agents });

    expect(server.connections).toHaveLength(4);
    await Promise.all(server.connections.slice(0, 3).map(closed));
    expect(other.connections).toHaveLength(1);
  });

  it('is known too when it came straight from another request', async () => {
    const server = await forgetful();
    const agents = ownAgents({ maxSockets: 1 });

    const answers = await Promise.all([call(server.url, { agents }), call(server.url, { agents })]);

    expect(answers.map((answer) => answer.text())).toEqual(['1', '2']);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('is not taken for one when something else befell it', async () => {
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

  it('is not taken for one when an answer has begun', async () => {
    const server = await wireServer((socket, { nth }) =>
      nth === 1 ? socket.write(wireAnswer(200, '')) : socket.end('HTTP/1.1 2'),
    );
    const agents = ownAgents();
    await call(server.url, { agents });

    const error = await failureOf(call(server.url, { agents }));

    expect(error).toMatchObject({ code: 'NO_ANSWER', staleConnection: false });
  });

  it('is not replaced for a caller who has given up', async () => {
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
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it('is replaced over TLS too', async () => {
    const psk = { psk: Buffer.alloc(16, 7), identity: 'test' };
    let requests = 0;
    const server = createSecureServer(
      { pskCallback: () => psk.psk, ciphers: 'PSK', pskIdentityHint: '' },
      (request, response) => {
        requests++;
        if (requests === 2) request.socket.destroy();
        else response.end('secure');
      },
    );
    const port = await listen(server);
    const https = new SecureAgent({
      keepAlive: true,
      ciphers: 'PSK',
      pskCallback: () => psk,
      checkServerIdentity: () => undefined,
    });
    atEndOfTest(() => https.destroy());
    const url = `https://127.0.0.1:${port}`;

    await call(url, { agents: { https } });
    const answer = await call(url, { agents: { https } });

    expect(answer.text()).toBe('secure');
    expect(requests).toBe(3);
  });

  it('is not replaced where the certificate is not trusted: that is no answer', async () => {
    const server = createSecureServer({ pskCallback: () => Buffer.alloc(16, 7), ciphers: 'PSK' });
    const port = await listen(server);

    expect(await failureOf(call(`https://127.0.0.1:${port}`))).toMatchObject({
      code: 'NO_ANSWER',
      staleConnection: false,
    });
  });
});

describe('many calls at once', () => {
  it('share at most 50 connections to one host, and leave few of them idle', async () => {
    const open = new Set<Socket>();
    let most = 0;
    const waiting: (() => void)[] = [];
    const server = createServer((_, response) => {
      most = Math.max(most, open.size);
      waiting.push(() => response.end('ok'));
      if (waiting.length === 50) for (const answer of waiting.splice(0)) answer();
    });
    const port = await listen(server, open);

    const answers = await Promise.all(Array.from({ length: 100 }, () => call(`http://127.0.0.1:${port}`)));

    expect(answers.map((answer) => answer.text())).toEqual(Array(100).fill('ok'));
    expect(most).toBe(50);
    await expect.poll(() => open.size, { interval: 1 }).toBe(10);
  });
});
