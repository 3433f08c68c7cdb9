import {
  EventBridgeClient,
  InternalException,
  ListRulesCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
  ThrottlingException,
} from '@aws-sdk/client-eventbridge';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import { systemRandom } from '../../lib/core/random.ts';
import { startEventBridgeApi } from '../../lib/local/events/api.ts';
import { createBuses } from '../../lib/local/events/bus.ts';
import { faultSwitches } from '../../lib/local/faults.ts';
import type { Listening } from '../../lib/local/http/server.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:queue';
const sent: Record<string, unknown>[] = [];
/** How often a request has met the fault that is set. */
let rolls = 0;
const faults = faultSwitches(
  {},
  {
    ...systemRandom,
    next() {
      rolls++;
      return 0;
    },
  },
);
const buses = createBuses({
  buses: [],
  rules: [
    {
      name: 'all',
      arn: 'arn:aws:events:eu-west-1:000000000000:rule/all',
      busName: 'default',
      enabled: true,
      pattern: { source: [{ prefix: '' }] },
      targets: [{ id: 'T0', arn: QUEUE, maximumRetryAttempts: 0, maximumEventAgeSeconds: 60 }],
    },
  ],
  dispatch: async (_, { body }) => {
    sent.push(JSON.parse(body));
    return { kind: 'accepted' };
  },
  platform: systemClock,
  clock: systemClock,
  random: systemRandom,
  region: 'eu-west-1',
  account: '000000000000',
});

let api: Listening;
let client: EventBridgeClient;

beforeAll(async () => {
  api = await startEventBridgeApi({ buses, faults });
  client = new EventBridgeClient({
    endpoint: `http://127.0.0.1:${api.port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterEach(() => {
  faults.clear();
  rolls = 0;
  sent.length = 0;
});
afterAll(async () => {
  client.destroy();
  await api.close();
  buses.stop();
});

const entry = (changes: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  Source: 'shop',
  DetailType: 'Order Placed',
  Detail: '{"total":12}',
  ...changes,
});
const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));
const post = (headers: Record<string, string>, body: string) =>
  fetch(`http://127.0.0.1:${api.port}/`, { method: 'POST', headers, body });

describe('the EventBridge endpoint', () => {
  it('publishes what an SDK client puts', async () => {
    const { FailedEntryCount, Entries } = await put(
      entry({ Time: new Date('2024-01-02T03:04:05.678Z'), Resources: ['arn:a'] }),
      entry({ Detail: 'no json' }),
    );
    expect(FailedEntryCount).toBe(1);
    expect(Entries).toEqual([
      { EventId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
    ]);
    expect(sent).toEqual([
      {
        version: '0',
        id: Entries?.[0]?.EventId,
        'detail-type': 'Order Placed',
        source: 'shop',
        account: '000000000000',
        time: '2024-01-02T03:04:05Z',
        region: 'eu-west-1',
        resources: ['arn:a'],
        detail: { total: 12 },
      },
    ]);
  });

  it('refuses a request with more than ten entries', async () => {
    await expect(put(...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
      name: 'ValidationException',
      $metadata: { httpStatusCode: 400 },
    });
    expect(sent).toEqual([]);
  });

  it('takes a detail of nearly 1 MB that needs escaping throughout', async () => {
    const { FailedEntryCount } = await put(
      entry({ Detail: JSON.stringify({ a: '\u0001'.repeat(170_000) }) }),
    );
    expect(FailedEntryCount).toBe(0);
  });

  it('says what there is when it is asked for anything else', async () => {
    await expect(client.send(new ListRulesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'AWSEvents.ListRules is not run on this machine; there is AWSEvents.PutEvents',
    });
    expect((await post({}, '{}')).status).toBe(400);
  });

  it.each(['no json', '[]'])('refuses the body %s', async (body) => {
    const response = await post({ 'x-amz-target': 'AWSEvents.PutEvents' }, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});

describe('an unwell EventBridge', () => {
  it('throttles', async () => {
    faults.set('bus', { kind: 'throttle' });
    await expect(put(entry())).rejects.toBeInstanceOf(ThrottlingException);
    expect(sent).toEqual([]);
  });

  it('answers with an internal error', async () => {
    faults.set('bus', { kind: 'error' });
    const error: unknown = await put(entry()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InternalException);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(sent).toEqual([]);
  });

  it('loses every second entry, a lone one too', async () => {
    faults.set('bus', { kind: 'corrupt' });
    const { FailedEntryCount, Entries } = await put(
      ...['a', 'b', 'c', 'd'].map((Source) => entry({ Source })),
    );
    expect(FailedEntryCount).toBe(2);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'InternalFailure',
      undefined,
      'InternalFailure',
      undefined,
    ]);
    expect(sent.map(({ source }) => source)).toEqual(['b', 'd']);
    expect(await put(entry())).toMatchObject({ FailedEntryCount: 1 });
  });

  it.each([
    ['before it has taken the event', 'refuse', 0],
    ['in the middle of the answer, when it has', 'reset', 1],
    ['instead of the answer, when it has', 'lost-answer', 1],
  ])('breaks the connection %s: %s', async (_, kind, taken) => {
    faults.set('bus', { kind });
    await expect(put(entry())).rejects.toThrow();
    expect(sent).toHaveLength(taken);
  });

  it('hangs until the fault is cleared', async () => {
    faults.set('bus', { kind: 'hang' });
    const answered = put(entry()).catch((error: unknown) => error);
    await expect.poll(() => rolls).toBe(1);
    faults.clear('bus');
    expect(await answered).toBeInstanceOf(Error);
    expect(sent).toEqual([]);
  });

  it('is late and then itself', async () => {
    faults.set('bus', { kind: 'latency', ms: 1 });
    expect(await put(entry())).toMatchObject({ FailedEntryCount: 0 });
    expect(sent).toHaveLength(1);
  });
});
