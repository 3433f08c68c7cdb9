import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { propertyOf, textOf } from '../../../lib/core/property.ts';
import { attemptsOf, isProof } from '../../../lib/idempotency/proof.ts';
import { type DynamoStore, dynamoStore } from '../../../lib/store/dynamodb.ts';
import { leanTransport } from '../../../lib/store/lean/index.ts';
import { sdkTransport } from '../../../lib/store/transport/sdk.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { failureOf, meaningOf } from '../../support/error-meaning.ts';
import { CREDENTIALS, dynamoAnswer, FOUND, refusalOf } from '../../support/lean.ts';
import { wireServer } from '../../support/wire.ts';

/** Stores over both transports, whose server answers the same. One attempt, since the SDK repeats what the other does not. */
async function both(answer: (socket: Socket) => void, maxAttempts = 1, limitMs = 30_000) {
  const { url: endpoint } = await wireServer(answer);
  const options = { endpoint, region: 'eu-west-1', credentials: CREDENTIALS, maxAttempts };
  const agent = new Agent({ keepAlive: true });
  const client = new DynamoDBClient({
    ...options,
    requestHandler: { requestTimeout: limitMs, throwOnRequestTimeout: true },
  });
  atEndOfTest(() => {
    client.destroy();
    agent.destroy();
  });
  const random = { next: () => 0, token: () => 'token' };
  const lean = leanTransport({ ...options, agent, random, attemptTimeoutMs: limitMs });
  const storeOver = (transport: typeof lean) => dynamoStore({ table: 't', transport });
  return { lean: storeOver(lean), sdk: storeOver(sdkTransport(client) as typeof lean) };
}

/** All that anything in the toolkit reads of an error. */
const readOf = (error: unknown) => ({
  meaning: meaningOf(error),
  causeMeaning: meaningOf(propertyOf(error, 'cause')),
  retryable: propertyOf(error, 'retryable'),
  message: textOf(error, 'message'),
  isProof: isProof(error) && [...attemptsOf(error)].every(isProof),
  attempts: propertyOf(propertyOf(propertyOf(error, 'cause') ?? error, '$metadata'), 'attempts'),
  status: propertyOf(propertyOf(propertyOf(error, 'cause') ?? error, '$metadata'), 'httpStatusCode'),
  reasons: propertyOf(error, 'CancellationReasons'),
});

const say = (text: string) => (socket: Socket) => void socket.write(text);

const CASES: readonly (readonly [string, (socket: Socket) => void])[] = [
  ...[
    ...['ValidationException', 'AccessDeniedException', 'ResourceNotFoundException', 'ThrottlingException'],
    ...['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'TransactionConflictException'],
    ...[
      'TransactionInProgressException',
      'ItemCollectionSizeLimitExceededException',
      'SomethingNewException',
    ],
    ...['ExpiredTokenException', 'UnrecognizedClientException', 'IncompleteSignatureException'],
    ...['IdempotentParameterMismatchException', 'LimitExceededException'],
  ].map((name) => [name, say(refusalOf(name))] as const),
  ['InternalServerError', say(dynamoAnswer(500, { __type: 'x#InternalServerError', message: 'no' }))],
  ['ServiceUnavailable', say(dynamoAnswer(503, { __type: 'x#ServiceUnavailable', message: 'no' }))],
  ['a reset', (socket) => void socket.resetAndDestroy()],
  ['an answer that is cut', (socket) => void socket.end(FOUND.slice(0, -3))],
];

const REQUESTS: readonly (readonly [string, (store: DynamoStore) => Promise<unknown>])[] = [
  ['get', (store) => store.get('k')],
  ['put', (store) => store.put('k', { n: 1 })],
  ['add', (store) => store.add('k', { n: 1 }, { expiresAt: 1 })],
  ['transact', (store) => store.transact('k', { n: 1 }, { writes: [] })],
];

describe("an error means the same over the lean transport as over the SDK's", () => {
  test.each(
    CASES.flatMap(([what, answer]) =>
      REQUESTS.map(([name, request]) => [what, name, answer, request] as const),
    ),
  )('after %s to %s', async (_, __, answer, request) => {
    const { lean, sdk } = await both(answer);

    expect(readOf(await failureOf(request(lean)))).toEqual(readOf(await failureOf(request(sdk))));
  });

  test.each(REQUESTS)('after no answer in time to %s', async (_, request) => {
    const { lean, sdk } = await both(() => undefined, 1, 100);

    expect(readOf(await failureOf(request(lean)))).toEqual(readOf(await failureOf(request(sdk))));
  });

  test('after three attempts', async () => {
    const { lean, sdk } = await both(say(refusalOf('ThrottlingException')), 3);
    const of = async (store: DynamoStore) => readOf(await failureOf(store.put('k', { n: 1 })));

    expect(await of(lean)).toEqual(await of(sdk));
    expect(await of(lean)).toMatchObject({ attempts: 3 });
  });

  test.each([
    ['an abort', () => AbortSignal.abort()],
    ['an abort with a reason', () => AbortSignal.abort(new TypeError('enough'))],
    ['a time limit', () => AbortSignal.timeout(20)],
  ])('after %s of the caller, but that its cause is kept', async (_, signal) => {
    const { lean, sdk } = await both(() => undefined);
    const of = async (store: DynamoStore) => {
      const read = readOf(await failureOf(store.get('k', { signal: signal() })));
      return { ...read, meaning: read.meaning.kind, causeMeaning: undefined, attempts: undefined };
    };

    expect(await of(lean)).toEqual(await of(sdk));
  });

  test('where another item of a transaction is refused', async () => {
    const CancellationReasons = [
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'no', Item: { pk: { S: 'x' }, b: { B: 'AP8=' } } },
    ];
    const { lean, sdk } = await both(say(refusalOf('TransactionCanceledException', { CancellationReasons })));
    const of = async (store: DynamoStore) =>
      readOf(await failureOf(store.transact('k', { n: 1 }, { writes: [] })));

    expect(await of(lean)).toEqual(await of(sdk));
    expect(await of(lean)).toMatchObject({ reasons: [{}, { Item: { b: { B: Uint8Array.of(0, 255) } } }] });
  });

  test('where no port listens', async () => {
    const refused = {
      endpoint: 'http://127.0.0.1:1',
      region: 'eu-west-1',
      credentials: CREDENTIALS,
      maxAttempts: 1,
    };
    const client = new DynamoDBClient(refused);
    atEndOfTest(() => client.destroy());
    const over = (transport: Parameters<typeof dynamoStore>[0]) => dynamoStore({ table: 't', ...transport });
    const ofLean = await failureOf(over({ transport: leanTransport(refused) }).put('k', { n: 1 }));
    const ofSdk = await failureOf(over({ transport: sdkTransport(client) }).put('k', { n: 1 }));

    expect(readOf(ofLean)).toEqual(readOf(ofSdk));
    expect(readOf(ofLean)).toMatchObject({ isProof: true });
  });
});
