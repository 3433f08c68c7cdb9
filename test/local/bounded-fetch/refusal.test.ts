import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../lib/core/classify.ts';
import { boundedFetch, type FetchOptions, HttpStatusError, resilient } from '../../../lib/index.ts';
import { fakeClock } from '../../../lib/testing/index.ts';
import { call, closed, failureOf, flood, ownAgents, SECRET } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

async function refusalOf(url: string, options: Partial<FetchOptions> = {}): Promise<HttpStatusError> {
  const error: unknown = await failureOf(call(url, options));
  if (!(error instanceof HttpStatusError)) return expect.fail(`expected a refusal, got ${String(error)}`);
  return error;
}

const PROBLEM = JSON.stringify({ title: 'Unprocessable Content', detail: SECRET });
const problemServer = () =>
  wireServer((socket) =>
    socket.write(
      wireAnswer(422, PROBLEM, [
        'Content-Type: application/problem+json',
        `Location: /${SECRET}`,
        'A: 1',
        'a: 2',
      ]),
    ),
  );

describe('boundedFetch', () => {
  it.each([
    [101, 502, 'permanent'],
    [301, 502, 'permanent'],
    [304, 502, 'permanent'],
    [400, 502, 'permanent'],
    [404, 502, 'permanent'],
    [408, 502, 'transient'],
    [425, 502, 'transient'],
    [429, 503, 'transient'],
    [500, 502, 'transient'],
    [503, 503, 'transient'],
    [501, 502, 'permanent'],
    [505, 502, 'permanent'],
    [599, 502, 'transient'],
  ])('throws for the status %i one that is %i for our own client and %s', async (status, ours, kind) => {
    const server = await wireServer((socket) =>
      socket.end(wireAnswer(status, status === 304 ? '' : SECRET, [`location: /${SECRET}`])),
    );

    const error = await refusalOf(server.url, { clock: fakeClock() });

    expect(error).toMatchObject({ code: 'HTTP_STATUS', downstreamStatus: status, status: ours });
    expect(classifyError(error)).toBe(kind);
    expect(error.message).toContain(`${new URL(server.url).host} answered ${status}`);
    expect(error.message.includes('redirects are not followed')).toBe(status >= 300 && status < 400);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, readonly string[], number | undefined]>([
    ['seconds', ['Retry-After: 2'], 2_000],
    ['a date', ['Retry-After: Wed, 21 Oct 2015 07:28:30 GMT'], 30_000],
    ['a date that has passed', ['Retry-After: Wed, 21 Oct 2015 07:27:00 GMT'], 0],
    ['a word', ['Retry-After: soon'], undefined],
    ['nothing', [], undefined],
    ['milliseconds', ['Retry-After-Ms: 1500'], 1_500],
    ['milliseconds and seconds', ['Retry-After: 2', 'Retry-After-Ms: 1500'], 1_500],
    ['no milliseconds, but seconds', ['Retry-After-Ms: -1', 'Retry-After: 2'], 2_000],
    ['too many milliseconds', [`Retry-After-Ms: ${'9'.repeat(400)}`], 1e12],
  ])('keeps the wait that a service asks for as %s', async (_, headers, expected) => {
    const server = await wireServer((socket) => socket.write(wireAnswer(503, '', headers)));
    const clock = fakeClock(Date.UTC(2015, 9, 21, 7, 28, 0));

    expect((await refusalOf(server.url, { clock })).retryAfterMs).toBe(expected);
    expect(clock.pending).toBe(0);
  });

  it('keeps the headers and the body of a refusal on its error', async () => {
    const server = await problemServer();

    const { headers, body } = await refusalOf(server.url);

    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', a: '1, 2' });
    expect(body.json()).toEqual({ title: 'Unprocessable Content', detail: SECRET });
    expect(body.text()).toBe(PROBLEM);
    expect(body.bytes).toEqual(new Uint8Array(Buffer.from(PROBLEM)));
    expect(body.truncated).toBe(false);
  });

  it('keeps what a service sent out of everything that prints an error', async () => {
    const server = await problemServer();
    const error = await refusalOf(server.url);

    const copied: Record<string, unknown> = { ...error };
    for (const key in error) copied[key] = error[key as keyof HttpStatusError];
    const printed = [
      String(error),
      error.stack,
      JSON.stringify(error),
      JSON.stringify(copied),
      inspect(error, { showHidden: true, depth: 9 }),
      inspect(new Error('x', { cause: error })),
      inspect(structuredClone(error)),
    ];

    expect(printed.join('\n')).not.toMatch(/secret|Unprocessable|problem\+json/);
    expect(Object.keys(copied)).not.toContain('body');
  });

  it.each(['', '<html>', '{"name":"Ada', '\u{feff}{'])(
    'gives no JSON for the refusal %j, and does not throw',
    async (text) => {
      const server = await wireServer((socket) => socket.write(wireAnswer(400, text)));

      const { body } = await refusalOf(server.url);

      expect(body.json()).toBeUndefined();
      expect(body.truncated).toBe(false);
    },
  );

  it('keeps a compressed body of a refusal as it came', async () => {
    const server = await wireServer((socket) =>
      socket.write(wireAnswer(400, 'zzz', ['content-encoding: gzip'])),
    );

    const { body, headers } = await refusalOf(server.url);

    expect(body.text()).toBe('zzz');
    expect(headers['content-encoding']).toBe('gzip');
  });

  it('has an empty body for the refusal of a HEAD', async () => {
    const server = await wireServer((socket) => socket.write('HTTP/1.1 404 X\r\ncontent-length: 9\r\n\r\n'));

    const { body } = await refusalOf(server.url, { method: 'HEAD' });

    expect(body).toMatchObject({ bytes: new Uint8Array(), truncated: false });
  });

  it.each([
    [16_384, false],
    [16_385, true],
  ])(
    'keeps at most 16 KiB of the body of a refusal: of %i bytes truncated is %s',
    async (length, truncated) => {
      const server = await wireServer((socket) => socket.write(wireAnswer(500, 'x'.repeat(length))));

      const { body } = await refusalOf(server.url, { clock: fakeClock() });

      expect(body.bytes).toHaveLength(16_384);
      expect(body.truncated).toBe(truncated);
    },
  );

  it('drops the part of a character that a truncated refusal ends with, and parses no part of JSON', async () => {
    const server = await wireServer((socket) => socket.write(wireAnswer(500, `7${' '.repeat(16_382)}ä`)));

    const { body } = await refusalOf(server.url);

    expect(body.text()).toBe(`7${' '.repeat(16_382)}`);
    expect(body.json()).toBeUndefined();
  });

  it('leaves the connection to the next request after a short refusal', async () => {
    const server = await wireServer((socket, { nth }) => {
      const [head, body] = wireAnswer(nth === 1 ? 500 : 200, 'sorry').split('\r\n\r\n');
      socket.write(`${head}\r\n\r\n`, () => socket.write(`${body}`));
    });
    const agents = ownAgents();

    await refusalOf(server.url, { agents, clock: fakeClock() });
    await call(server.url, { agents });

    expect(server.connections).toHaveLength(1);
  });

  it('closes the connection after a long refusal', async () => {
    const server = await wireServer((socket) => {
      socket.write('HTTP/1.1 404 X\r\ntransfer-encoding: chunked\r\n\r\n');
      flood(socket);
    });

    const { downstreamStatus, body } = await refusalOf(server.url, { clock: fakeClock() });

    expect(downstreamStatus).toBe(404);
    expect(body).toMatchObject({ truncated: true, bytes: { length: 16_384 } });
    await closed(server.connections[0]);
  });

  it('waits 50 ms for the body of a refusal, and keeps what came by then', async () => {
    const server = await wireServer((socket) =>
      socket.write('HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\nso'),
    );
    const clock = fakeClock();
    const agents = ownAgents();

    const failure = refusalOf(server.url, { clock, agents });
    await expect.poll(() => clock.pending, { interval: 1 }).toBe(1);
    await new Promise(setImmediate);
    await clock.advance(50);
    const { downstreamStatus, body } = await failure;

    expect(downstreamStatus).toBe(503);
    expect(body.truncated).toBe(true);
    expect(body.text()).toBe('so');
    await closed(server.connections[0]);
  });

  it('throws the refusal when its body is cut short, with the part that came', async () => {
    const server = await wireServer((socket) => {
      socket.end('HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\nso');
    });

    const { downstreamStatus, body } = await refusalOf(server.url);

    expect(downstreamStatus).toBe(503);
    expect([body.text(), body.truncated]).toEqual(['so', true]);
  });

  it('makes a policy wait as long as the service asks before it tries again', async () => {
    const server = await wireServer((socket, { nth }) =>
      socket.write(nth === 1 ? wireAnswer(429, '', ['Retry-After: 3']) : wireAnswer(200, 'well')),
    );
    const clock = fakeClock();
    const posts = resilient<string>({ name: 'posts', retry: { maxAttempts: 2 }, clock });

    const agents = ownAgents();
    const refused = Promise.withResolvers<void>();
    const answer = posts.execute(({ signal }) =>
      boundedFetch(server.url, { signal, clock, agents })
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

describe('HttpStatusError', () => {
  it('has no headers and an empty body when it is constructed without them', () => {
    const { headers, body } = new HttpStatusError('posts.example', 404);

    expect(Object.keys(headers)).toEqual([]);
    expect([body.text(), body.json(), body.truncated]).toEqual(['', undefined, false]);
  });
});
