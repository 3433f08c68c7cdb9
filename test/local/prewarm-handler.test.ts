import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ResourceEvent } from '../../cdk/constructs/handlers/cloudformation.ts';
import { invokeWith } from '../../cdk/constructs/handlers/invoke.ts';
import { prewarm, prewarmWith } from '../../cdk/constructs/handlers/prewarm.ts';
import { systemClock } from '../../lib/core/clock.ts';
import { readBody } from '../../lib/local/http/server.ts';
import { atEndOfFile } from '../support/ends.ts';
import { callsGoTo, type LambdaEndpoint, startEndpoint } from '../support/lambda-endpoint.ts';

const BROKEN = fileURLToPath(new URL('./handlers/broken', import.meta.url));

interface Answered {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
}

const answers: { readonly body: Answered; readonly contentType: string | undefined }[] = [];
/** How many of the next answers are not taken. */
let refusing = 0;
let responseUrl = '';
let endpoint: LambdaEndpoint;

beforeAll(async () => {
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const text = (await readBody(request, 10_000)).toString('utf8');
    if (refusing-- > 0) return void response.writeHead(503).end();
    answers.push({ body: JSON.parse(text), contentType: request.headers['content-type'] });
    response.end();
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEndOfFile(() => {
    server.closeAllConnections();
    server.close();
  });
  responseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?Signature=secret`;
  endpoint = await startEndpoint({
    echo: { handler: 'echo' },
    throws: { handler: 'throws' },
    throwsText: { handler: 'throwsText' },
    exits: { handler: 'exits' },
    hangs: { handler: 'hangs', timeoutMs: 300 },
    missing: { handler: 'missing' },
    broken: { handler: 'handler', folder: BROKEN },
    full: { handler: 'echo', concurrency: 0 },
  });
});
beforeEach(() => {
  callsGoTo(endpoint);
  answers.length = 0;
  refusing = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const event = (name: string, more: Partial<ResourceEvent> = {}): ResourceEvent => ({
  RequestType: 'Create',
  ResponseURL: responseUrl,
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Prewarm',
  ResourceProperties: { Version: endpoint.arn(name, '7'), TimeoutMs: '30000' },
  ...more,
});
const invocations = (name: string) => endpoint.functions.get(name)?.state().invocations;

/** A clock on which a wait is over at once. */
const hurried = () => {
  let now = 0;
  return {
    ...systemClock,
    monotonic: () => now,
    after(delayMs: number, run: () => void) {
      now += delayMs;
      return systemClock.after(0, run);
    },
  };
};

describe('a new version', () => {
  it('asks where the variable for all services points, as on an emulator', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', '');
    vi.stubEnv('AWS_ENDPOINT_URL', `${endpoint.url}/`);
    await prewarm(event('echo'));
    expect(answers).toMatchObject([{ body: { Status: 'SUCCESS' } }]);
  });

  it('that answers lets the deployment go on', async () => {
    await prewarm(event('echo'));
    expect(answers).toEqual([
      {
        body: {
          ...{ StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Prewarm' },
          ...{ PhysicalResourceId: 'Prewarm', Status: 'SUCCESS' },
        },
        contentType: undefined,
      },
    ]);
  });

  it.each([
    ['whose init throws', 'broken', 'Error'],
    ['without its handler', 'missing', 'Runtime.HandlerNotFound'],
    ['that ends with an error', 'throws', 'RangeError'],
    ['that throws what is no error', 'throwsText', 'string'],
    ['that ends its process', 'exits', 'Runtime.ExitError'],
    ['that takes too long', 'hangs', 'Sandbox.Timedout'],
  ])('%s fails the deployment, with the version and the type of the error', async (_, name, errorType) => {
    await prewarm(event(name));
    expect(answers.map(({ body: { Status, Reason } }) => ({ Status, Reason }))).toEqual([
      {
        Status: 'FAILED',
        Reason: `Version 7 of ${name} did not answer: ${errorType}. Its log says why. No traffic has moved to it.`,
      },
    ]);
  });

  it('is invoked with a payload of its own, which no reason shows', async () => {
    const withPayload = (name: string) => {
      const { ResourceProperties } = event(name);
      return event(name, { ResourceProperties: { ...ResourceProperties, Payload: '{"card":"4111"}' } });
    };
    const sent: string[] = [];
    const invoke = invokeWith();
    await prewarmWith({
      clock: systemClock,
      invoke: (arn, payload, limitMs) => {
        sent.push(payload);
        return invoke(arn, payload, limitMs);
      },
    })(withPayload('throws'));
    expect(sent).toEqual(['{"card":"4111"}']);
    expect(JSON.stringify(answers)).not.toContain('4111');
  });

  it('is invoked again and again while Lambda refuses for what passes, and fails the deployment when the time is over', async () => {
    let calls = 0;
    const invoke = invokeWith();
    const counting = prewarmWith({
      clock: hurried(),
      invoke: (...input) => {
        calls++;
        return invoke(...input);
      },
    });
    await counting(event('full'));
    expect(calls).toBe(15);
    expect(answers[0]?.body.Reason).toContain('TooManyRequestsException');
  });

  it('is reached once the right to invoke it is everywhere', async () => {
    let calls = 0;
    await prewarmWith({
      clock: hurried(),
      invoke: async () =>
        ++calls < 4
          ? { kind: 'failure', errorType: 'AccessDeniedException', passing: true }
          : { kind: 'answer', payload: 'null' },
    })(event('echo'));
    expect(calls).toBe(4);
    expect(answers[0]?.body.Status).toBe('SUCCESS');
  });
});

describe('CloudFormation', () => {
  it.each<[string, (name: string) => Partial<ResourceEvent>]>([
    ['deletes', () => ({ RequestType: 'Delete', PhysicalResourceId: 'Prewarm' })],
    [
      'rolls back',
      (name) => ({
        RequestType: 'Update',
        PhysicalResourceId: 'Prewarm',
        OldResourceProperties: { Version: endpoint.arn(name, '8') },
      }),
    ],
    [
      'changes something else',
      (name) => ({
        RequestType: 'Update',
        PhysicalResourceId: 'Prewarm',
        OldResourceProperties: { Version: endpoint.arn(name, '7') },
      }),
    ],
  ])('gets an answer where it %s, and nothing is invoked', async (_, more) => {
    const before = invocations('broken');
    await prewarm(event('broken', more('broken')));
    expect(answers.map(({ body: { Status } }) => Status)).toEqual(['SUCCESS']);
    expect(invocations('broken')).toBe(before);
  });

  it.each([
    ['a higher version', 'echo', '6'],
    ['a version with a longer number', 'echo', '-1'],
    ['another function', 'other', '8'],
  ])('has %s invoked where it updates', async (_, name, before) => {
    const count = invocations('echo') ?? 0;
    await prewarm(
      event('echo', {
        RequestType: 'Update',
        OldResourceProperties: { Version: endpoint.arn(name, before) },
      }),
    );
    expect(invocations('echo')).toBe(count + 1);
  });

  it('gets an answer where the properties make no sense', async () => {
    await prewarm(event('echo', { ResourceProperties: {} }));
    expect(answers.map(({ body: { Status } }) => Status)).toEqual(['FAILED']);
  });

  it('gets an answer where invoking goes wrong in a way of its own', async () => {
    const invoke = () => Promise.reject(new RangeError('secret'));
    await prewarmWith({ clock: systemClock, invoke })(event('echo'));
    expect(answers).toMatchObject([
      {
        body: {
          Status: 'FAILED',
          Reason: expect.stringContaining('Version 7 of echo did not answer: RangeError.'),
        },
      },
    ]);
  });

  it('gets it in the end where it does not take the first ones', async () => {
    refusing = 4;
    await prewarmWith({ clock: hurried(), invoke: invokeWith() })(event('echo'));
    expect(answers).toHaveLength(1);
  });

  it('gets it from another run where it takes none, and the address is in no error', async () => {
    refusing = 5;
    const error = await prewarmWith({ clock: hurried(), invoke: invokeWith() })(event('echo')).catch(String);
    expect(error).toBe('Error: CloudFormation took no answer for Prewarm: HTTP 503');
  });
});
