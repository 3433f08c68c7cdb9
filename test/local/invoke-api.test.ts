import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { invokeWith } from '../../cdk/constructs/handlers/invoke.ts';
import { callsGoTo, type LambdaEndpoint, startEndpoint } from '../support/lambda-endpoint.ts';

let endpoint: LambdaEndpoint;
beforeAll(async () => {
  endpoint = await startEndpoint({
    echo: { handler: 'echo' },
    throws: { handler: 'throws' },
    hangs: { handler: 'hangs', timeoutMs: 300 },
    full: { handler: 'echo', concurrency: 0 },
    talks: { handler: 'talks' },
    rambles: { handler: 'rambles' },
    context: { handler: 'context' },
  });
});
beforeEach(() => callsGoTo(endpoint));
afterEach(() => {
  vi.unstubAllEnvs();
});

const call = (path: string, kind?: string, body = '{"a":1}') =>
  fetch(`${endpoint.url}/2015-03-31/functions/${path}/invocations`, {
    method: 'POST',
    body,
    ...(kind && { headers: { 'x-amz-invocation-type': kind } }),
  });

describe("Lambda's endpoint", () => {
  it.each([
    ['its name', 'echo'],
    ['its name and an alias', 'echo:live'],
    ['its name, the alias beside it', 'echo?Qualifier=live'],
    ['its ARN', 'arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aecho'],
    ['its ARN and an alias', 'arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aecho%3Alive'],
    ['a part of its ARN', '000000000000%3Afunction%3Aecho'],
  ])('invokes a function by %s', async (_, path) => {
    const [name, query] = path.split('?');
    const response = await fetch(
      `${endpoint.url}/2015-03-31/functions/${name}/invocations${query ? `?${query}` : ''}`,
      { method: 'POST', body: '{"a":1}' },
    );
    expect(response.status).toBe(200);
    expect(response.headers.has('x-amz-function-error')).toBe(false);
    expect(await response.json()).toMatchObject({ event: { a: 1 } });
  });

  it('says that a function failed, with its error', async () => {
    const response = await call('throws');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await response.json()).toMatchObject({ errorType: 'RangeError', errorMessage: 'out of range' });
  });

  it('answers with the end of the log where the caller wants it', async () => {
    const tail = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`${endpoint.url}/2015-03-31/functions/${path}/invocations`, {
        ...{ method: 'POST', body: '{"a":1}', headers },
      });
      return response.headers.get('x-amz-log-result');
    };
    const log = Buffer.from((await tail('talks', { 'x-amz-log-type': 'Tail' })) ?? '', 'base64').toString(
      'utf8',
    );
    expect(log).toMatch(
      /^START RequestId: \S+ Version: \$LATEST\nsaid \{"a":1\}\nEND RequestId: \S+\nREPORT /,
    );
    const long = Buffer.from((await tail('rambles', { 'x-amz-log-type': 'Tail' })) ?? '', 'base64');
    expect(long.length).toBe(4_096);
    expect(await tail('talks', {})).toBeNull();
  });

  it('passes the client context on, and refuses what is none', async () => {
    const given = (text: string) =>
      fetch(`${endpoint.url}/2015-03-31/functions/context/invocations`, {
        method: 'POST',
        headers: { 'x-amz-client-context': Buffer.from(text).toString('base64') },
      });
    expect(await (await given('{"custom":\n{"name":"Zoë"}}')).json()).toEqual({
      clientContext: { custom: { name: 'Zoë' } },
      arn: endpoint.arn('context').replace(':live', ''),
    });
    const refused = await given('{');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('x-amzn-errortype')).toBe('InvalidRequestContentException');
  });

  it('tells a function by which alias it was invoked', async () => {
    expect(await (await call('context:live')).json()).toMatchObject({ arn: endpoint.arn('context') });
    await call('echo:live', 'Event', '2');
    expect(endpoint.accepted.at(-1)).toBe('echo:live 2');
  });

  it('refuses what is larger than its kind of invocation takes', async () => {
    const large = JSON.stringify('x'.repeat(1_048_576));
    expect((await call('echo', 'RequestResponse', large)).status).toBe(200);
    const refused = await call('echo', 'Event', large);
    expect(refused.status).toBe(413);
    expect(refused.headers.get('x-amzn-errortype')).toBe('RequestTooLargeException');
  });

  it('takes an event to be run later, or runs nothing at all', async () => {
    const before = endpoint.functions.get('echo')?.state().invocations;
    expect((await call('echo', 'Event')).status).toBe(202);
    expect((await call('echo', 'DryRun')).status).toBe(204);
    expect(endpoint.accepted.at(-1)).toBe('echo {"a":1}');
    expect(endpoint.functions.get('echo')?.state().invocations).toBe(before);
  });

  it.each([
    ['a function that is not there', 'nobody', undefined, '{}', 404, 'ResourceNotFoundException'],
    ['an alias that is not there', 'echo:old', undefined, '{}', 404, 'ResourceNotFoundException'],
    ['a function without concurrency', 'full', undefined, '{}', 429, 'TooManyRequestsException'],
    ['what is not JSON', 'echo', undefined, '{', 400, 'InvalidRequestContentException'],
    ['a kind that there is not', 'echo', 'Later', '{}', 400, 'InvalidParameterValueException'],
  ])('refuses %s', async (_, path, kind, body, status, type) => {
    const response = await call(path, kind, body);
    expect(response.status).toBe(status);
    expect(response.headers.get('x-amzn-errortype')).toBe(type);
  });

  it('has no other operation', async () => {
    expect((await fetch(`${endpoint.url}/2015-03-31/functions/echo`)).status).toBe(404);
  });
});

describe('an invocation', () => {
  const invoke = (name: string, qualifier?: string, limitMs = 30_000) =>
    invokeWith()(endpoint.arn(name, qualifier), '{"a":1}', limitMs);

  it('gives the answer', async () => {
    const result = await invoke('echo');
    expect(result).toMatchObject({ kind: 'answer' });
    expect(JSON.parse('payload' in result ? result.payload : '')).toMatchObject({ event: { a: 1 } });
  });

  it.each([
    ['of the function', 'throws', 'live', 'RangeError', false],
    ['of a function that Lambda ends', 'hangs', 'live', 'Sandbox.Timedout', false],
    ['of an alias that is not there', 'echo', 'old', 'ResourceNotFoundException', false],
    ['of a function without concurrency', 'full', 'live', 'TooManyRequestsException', true],
  ])('gives the type of the error %s', async (_, name, qualifier, errorType, passing) => {
    expect(await invoke(name, qualifier)).toEqual({ kind: 'failure', errorType, passing });
  });

  it('gives the type of an error of the network', async () => {
    callsGoTo({ url: 'http://127.0.0.1:1' });
    expect(await invoke('echo')).toMatchObject({
      kind: 'failure',
      errorType: expect.stringMatching(/^\w+$/),
      passing: true,
    });
  });

  it('ends when its time is over', async () => {
    expect(await invoke('hangs', 'live', 50)).toEqual({
      kind: 'failure',
      errorType: 'TimeoutError',
      passing: false,
    });
  });
});
