import { describe, expect, it } from 'vitest';
import { preflightAnswer, withCors } from '../../lib/local/http/cors.ts';
import { toAnswer } from '../../lib/local/http/event.ts';
import { answerOf } from '../../lib/local/http/integration.ts';
import { toAnswerV1 } from '../../lib/local/http/payload-v1.ts';
import type { Received } from '../../lib/local/http/received.ts';
import type { Answer } from '../../lib/local/http/server.ts';
import { stageOf } from '../../lib/local/http/stages.ts';
import { streamedAnswer } from '../../lib/local/http/streamed-answer.ts';
import type { LocalFunction } from '../../lib/local/lambda/function.ts';
import { readCors } from '../../lib/local/template/cors.ts';

const received = (headers: Readonly<Record<string, string>>, method = 'GET'): Received => ({
  ...{ method, path: '/', query: '', protocol: 'HTTP/1.1' },
  headers: Object.entries(headers),
});

describe('the stage of a path', () => {
  const stage = (name: string) => ({ name, variables: {} });
  it.each([
    ['/dev/a', ['dev', '$default'], 'dev', '/a'],
    ['/dev', ['dev'], 'dev', '/'],
    ['/dev/', ['dev'], 'dev', '/'],
    ['/develop', ['dev', '$default'], '$default', '/develop'],
    ['/$default/a', ['dev', '$default'], '$default', '/$default/a'],
  ])('%s with the stages %j is %s', (path, names, name, rest) => {
    // What AWS serves at the root is named by no path.
    const match = stageOf(names.map(stage), path);
    expect([match?.stage.name, match?.path]).toEqual([name, rest]);
  });

  it('is none where none fits', () => {
    expect(stageOf([stage('dev')], '/prod/a')).toBeUndefined();
  });
});

describe('a CORS configuration', () => {
  const allowedBy = (AllowOrigins: readonly string[], origin: string, more: object = {}) =>
    withCors(readCors({ AllowOrigins, ...more }), received({ Origin: origin }), { statusCode: 200 })
      .headers?.['access-control-allow-origin'];

  it.each([
    [['*'], 'https://a.example', {}, '*'],
    [['*'], 'https://a.example', { AllowCredentials: true }, 'https://a.example'],
    [['https://*'], 'https://a.example', {}, 'https://a.example'],
    [['https://*'], 'http://a.example', {}, undefined],
    [['http://localhost:5173'], 'http://localhost:5173', {}, 'http://localhost:5173'],
    [['http://localhost:5173'], 'http://localhost:51730', {}, undefined],
    [['https://a.example'], 'https://a.example.evil.example', {}, undefined],
    [[], 'https://a.example', {}, undefined],
  ])('with the origins %j lets %s with %j read by %s', (origins, origin, more, expected) => {
    expect(allowedBy(origins, origin, more)).toBe(expected);
  });

  it('answers preflight requests alone', () => {
    const cors = readCors({ AllowOrigins: ['*'] });
    const asked = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    expect(preflightAnswer(cors, received(asked, 'OPTIONS'), 204)?.statusCode).toBe(204);
    expect(preflightAnswer(cors, received(asked, 'GET'), 204)).toBeUndefined();
    expect(preflightAnswer(cors, received({ origin: 'https://a.example' }, 'OPTIONS'), 204)).toBeUndefined();
    expect(preflightAnswer(undefined, received(asked, 'OPTIONS'), 204)).toBeUndefined();
  });

  it('keeps what else the function says of its answer', () => {
    const answer = {
      statusCode: 200,
      headers: { vary: 'Accept', 'access-control-allow-origin': '*', 'x-own': '1' },
    };
    const cors = readCors({ AllowOrigins: ['https://a.example'] });
    expect(withCors(cors, received({ origin: 'https://a.example' }), answer).headers).toEqual({
      ...{ vary: 'Accept, Origin', 'x-own': '1', 'access-control-allow-origin': 'https://a.example' },
    });
    expect(withCors(undefined, received({}), answer)).toBe(answer);
    expect(withCors(cors, received({}), answer).headers).toEqual({ vary: 'Accept', 'x-own': '1' });
  });
});

describe('an answer in payload format 1.0', () => {
  it.each([
    ['{"statusCode":"201"}', { statusCode: 201, body: '' }],
    ['{"statusCode":200,"body":null,"headers":null}', { statusCode: 200, body: '' }],
    ['{"statusCode":200,"headers":{"X-N":7,"X-B":true}}', { headers: { 'x-n': ['7'], 'x-b': ['true'] } }],
    ['{"statusCode":200,"headers":{"Content-Type":"a/b"}}', { headers: { 'content-type': ['a/b'] } }],
    ['{"statusCode":200,"body":"AAE=","isBase64Encoded":true}', { body: Buffer.from([0, 1]) }],
    ['{"statusCode":200,"body":"AAE=","isBase64Encoded":"true"}', { body: 'AAE=' }],
  ])('is made of %s', (payload, expected) => {
    expect(toAnswerV1(payload, 'application/json', true)).toMatchObject(expected);
  });

  it.each([
    ...[
      'no json',
      'null',
      '[]',
      '"text"',
      '{}',
      '{"statusCode":null}',
      '{"statusCode":"a"}',
      '{"statusCode":99}',
    ],
    ...['{"statusCode":200.5}', '{"statusCode":200,"body":7}', '{"statusCode":200,"headers":{"a":[1]}}'],
    ...['{"statusCode":200,"multiValueHeaders":{"a":"b"}}', '{"statusCode":200,"headers":{"a":null}}'],
  ])('is none for %s', (payload) => {
    expect(toAnswerV1(payload, 'application/json', true)).toBeUndefined();
  });
});

describe('an answer that is streamed', () => {
  const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';
  const stream = async (type: string, chunks: readonly (string | Buffer)[]) => {
    const seen: { heads: Answer[]; body: string } = { heads: [], body: '' };
    const sink = streamedAnswer({
      head: (head) => void seen.heads.push(head),
      chunk: (bytes) => {
        seen.body += bytes.toString('latin1');
      },
    });
    sink.begin(type);
    for (const chunk of chunks) await sink.write(Buffer.from(chunk));
    sink.end();
    return seen;
  };
  const prelude = '{"statusCode":201,"headers":{"X-A":"1"},"cookies":["a=1"]}';
  const whole = Buffer.from(`${prelude}${'\0'.repeat(8)}body`);

  it.each(Array.from({ length: whole.length }, (_, at) => [at]))(
    'has its prelude wherever it is cut: after %i bytes',
    async (at) => {
      const { heads, body } = await stream(WITH_PRELUDE, [whole.subarray(0, at), whole.subarray(at)]);
      expect(body).toBe('body');
      expect(heads).toMatchObject([{ statusCode: 201, headers: { 'x-a': '1', 'set-cookie': ['a=1'] } }]);
    },
  );

  it('keeps the zeros of its body', async () => {
    const { body } = await stream(WITH_PRELUDE, [`{}${'\0'.repeat(8)}\0a${'\0'.repeat(9)}`]);
    expect(body).toBe(`\0a${'\0'.repeat(9)}`);
  });

  it('is a 200 of the type that it has, where it has no prelude', async () => {
    const { heads, body } = await stream('text/event-stream', ['a', 'b']);
    expect(heads).toEqual([{ statusCode: 200, headers: { 'content-type': 'text/event-stream' } }]);
    expect(body).toBe('ab');
  });

  it.each([
    ['with a header that HTTP has no room for', `{"headers":{"a b":"c"}}${'\0'.repeat(8)}body`],
    ['that is no JSON', `no json${'\0'.repeat(8)}body`],
    ['that is a list', `[]${'\0'.repeat(8)}body`],
    ['with a status that is none', `{"statusCode":7}${'\0'.repeat(8)}body`],
    ['that does not end', prelude],
    ['that is not there', ''],
  ])('has no head with a prelude %s', async (_, content) => {
    expect(await stream(WITH_PRELUDE, [content])).toEqual({ heads: [], body: '' });
  });
});

describe('an answer with a header that HTTP has no room for', () => {
  it.each([
    ['2.0', toAnswer],
    ['1.0', (payload: string) => toAnswerV1(payload, 'text/plain', false)],
  ])('is the error of the gateway, in payload format %s', async (_, read) => {
    const fn = (payload: string) =>
      ({ invoke: async () => ({ kind: 'success', payload }) }) as unknown as LocalFunction;
    const statuses = { error: { statusCode: 502 }, throttled: { statusCode: 503 } };
    const of = (payload: string) => answerOf(fn(payload), {}, statuses, read);
    expect(await of('{"statusCode":200,"headers":{"a":"x\\r\\ny: z"}}')).toEqual({
      ...{ answer: statuses.error, isOwn: false },
    });
    expect(await of('{"statusCode":200,"headers":{"a":"x"}}')).toMatchObject({ isOwn: true });
  });
});
