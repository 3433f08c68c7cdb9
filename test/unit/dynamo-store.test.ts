import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import { listen, sendJson } from '../../lib/local/http/server.ts';
import { type DynamoStore, dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import type { DynamoTransport } from '../../lib/store/transport/transport.ts';
import { atEndOfTest } from '../support/ends.ts';

/** A wire that notes what is sent; what the server makes of it is the business of the contract suite. */
const wire = () => ({
  get: vi.fn<DynamoTransport['get']>(async () => undefined),
  put: vi.fn<DynamoTransport['put']>(async () => ({ applied: true })),
  update: vi.fn<DynamoTransport['update']>(async () => ({})),
  delete: vi.fn<DynamoTransport['delete']>(async () => ({ applied: true })),
  transact: vi.fn<DynamoTransport['transact']>(async () => ({ applied: true })),
});

const named = (name: string) => Object.assign(new Error('secret detail'), { name });

describe('the store on DynamoDB', () => {
  test('reads consistently, by the key alone', async () => {
    const transport = wire();

    await dynamoStore({ table: 'resilience', transport }).get('k');

    expect(transport.get).toHaveBeenCalledWith(
      { TableName: 'resilience', Key: { pk: { S: 'k' } }, ConsistentRead: true },
      undefined,
    );
  });

  test('keeps the default key attribute when it is handed an undefined one', async () => {
    const transport = wire();
    // A caller without exactOptionalPropertyTypes may hand on a setting that is not there.
    const { keyAttribute } = JSON.parse('{}') as { keyAttribute: string };

    await dynamoStore({ table: 'resilience', transport, keyAttribute }).get('k');

    expect(transport.get.mock.calls[0]?.[0]).toMatchObject({ Key: { pk: { S: 'k' } } });
  });

  test('reads for half the price where an answer from a moment ago will do', async () => {
    const transport = wire();

    await dynamoStore({ table: 'resilience', transport }).get('k', { isEventual: true });

    expect(transport.get.mock.calls[0]?.[0]).toMatchObject({ ConsistentRead: false });
  });

  test('adds in one request, with names and values by placeholder', async () => {
    const update = vi.fn(async () => ({ pk: { S: 'k' }, f1: { N: '3' }, expiresAt: { N: '100' } }));
    const { signal } = new AbortController();
    const store = dynamoStore({ table: 't', transport: { ...wire(), update } });

    expect(await store.add('k', { f1: 2.5, m1: 1 }, { expiresAt: 100, signal })).toEqual({
      f1: 3,
      expiresAt: 100,
    });

    expect(update.mock.calls).toEqual([
      [
        {
          TableName: 't',
          Key: { pk: { S: 'k' } },
          UpdateExpression: 'SET #n0 = :v0 ADD #n1 :v1, #n2 :v2',
          ExpressionAttributeNames: { '#n0': 'expiresAt', '#n1': 'f1', '#n2': 'm1' },
          ExpressionAttributeValues: { ':v0': { N: '100' }, ':v1': { N: '2.5' }, ':v2': { N: '1' } },
          ReturnValues: 'ALL_NEW',
        },
        signal,
      ],
    ]);
  });

  test.each<[string, object, string]>([
    ['as it adds to others', { f2: 1 }, 'SET #n0 = :v0 ADD #n1 :v1 REMOVE #n2, #n3'],
    ['where nothing is added', {}, 'SET #n0 = :v0 REMOVE #n1, #n2'],
  ])('removes attributes in the same request %s', async (_, amounts, UpdateExpression) => {
    const transport = wire();
    const store = dynamoStore({ table: 't', transport });

    await store.add('k', { ...amounts }, { expiresAt: 100, remove: ['f1', 's1'] });

    expect(transport.update.mock.calls[0]?.[0]).toMatchObject({ UpdateExpression });
  });

  const ON_TABLE = 'on the table, for this key';
  const ALL = 'resilience-table.template.json has them all';
  test.each<[string, string, (store: DynamoStore) => Promise<unknown>]>([
    ['GetItem', `dynamodb:GetItem ${ON_TABLE}; ${ALL}`, (store) => store.get('k')],
    ['PutItem', `dynamodb:PutItem ${ON_TABLE}; ${ALL}`, (store) => store.put('k', {})],
    [
      'UpdateItem',
      `dynamodb:UpdateItem ${ON_TABLE}; ${ALL}`,
      (store) => store.add('k', { n: 1 }, { expiresAt: 100 }),
    ],
    ['DeleteItem', `dynamodb:DeleteItem ${ON_TABLE}; ${ALL}`, (store) => store.delete('k')],
    [
      'TransactWriteItems',
      `dynamodb:PutItem ${ON_TABLE}, and that of each other write: PutItem, UpdateItem, DeleteItem or ConditionCheckItem; ${ALL}`,
      (store) => store.transact('k', {}, { writes: [] }),
    ],
  ])('says which permission %s lacks, in words and for programs', async (operation, grant, access) => {
    const server = await listen(0, (_request, response) =>
      sendJson(response, 400, {
        __type: 'com.amazon.coral.service#AccessDeniedException',
        Message: 'User: secret is not authorized',
      }),
    );
    atEndOfTest(server.close);
    const client = new DynamoDBClient({
      ...{ endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1' },
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    atEndOfTest(() => client.destroy());

    const denied = access(dynamoStore({ table: 't', transport: sdkTransport(client) }));

    await expect(denied).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: false,
      cause: { name: 'AccessDeniedException' },
      message: `DynamoDB table "t": ${operation} failed with AccessDeniedException; grant the function ${grant}`,
    });
  });

  test.each(['get', 'put', 'update', 'delete', 'transact'])('refuses a transport without %s', (request) => {
    const transport = { ...wire(), [request]: undefined } as never;
    const make = () => dynamoStore({ table: 'resilience', transport });

    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(/`transport`.*get, put, update, delete, transact.*sdkTransport/);
  });

  test('sends names and values of a condition by placeholder, however they are called', async () => {
    const transport = wire();
    const when = [
      'absent',
      [
        { attribute: 'state', is: '=', value: 'open' },
        { attribute: 'until', is: '<', value: 5 },
      ],
    ] as const;

    await dynamoStore({ table: 't', transport }).put('k', { state: 'open' }, { when });

    expect(transport.put.mock.calls[0]?.[0]).toMatchObject({
      Item: { pk: { S: 'k' }, state: { S: 'open' } },
      ConditionExpression: 'attribute_not_exists(#n0) OR (#n1 = :v0 AND #n2 < :v1)',
      ExpressionAttributeNames: { '#n0': 'pk', '#n1': 'state', '#n2': 'until' },
      ExpressionAttributeValues: { ':v0': { S: 'open' }, ':v1': { N: '5' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  test('hands out items without their key and without what other tools keep in them', async () => {
    const item = { pk: { S: 'k' }, n: { N: '7' }, yes: { BOOL: false }, empty: { S: '' }, list: { L: [] } };
    const transport = { ...wire(), get: async () => item };

    expect(await dynamoStore({ table: 't', transport }).get('k')).toEqual({ n: 7, yes: false, empty: '' });
  });

  test('reads what stood in the way of a write when the server does not send it along', async () => {
    const transport: DynamoTransport = {
      ...wire(),
      put: async () => ({ applied: false, item: undefined }),
      get: async () => ({ pk: { S: 'k' }, owner: { S: 'other' } }),
    };

    expect(await dynamoStore({ table: 't', transport }).put('k', {})).toEqual({
      applied: false,
      current: { owner: 'other' },
    });
  });

  test.each([
    ['ResourceNotFoundException', false, 'deploy the table'],
    ['AccessDeniedException', false, 'dynamodb:PutItem'],
    ['ProvisionedThroughputExceededException', true, 'PutItem failed with'],
  ])(
    'turns %s into its own error, with what to do about it where that is known',
    async (name, retryable, text) => {
      const cause = named(name);
      const store = dynamoStore({ table: 't', transport: { ...wire(), put: () => Promise.reject(cause) } });

      const error = await store.put('k', {}).catch((caught: unknown) => caught);

      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ retryable, cause, message: expect.stringContaining(text) });
      expect(String(error)).not.toContain('secret');
    },
  );

  test('asks for the name of its table when it is constructed', () => {
    vi.stubEnv('FIBRIN_TABLE', undefined);

    expect(() => dynamoStore()).toThrow(InvalidOptionError);
    expect(() => dynamoStore()).toThrow('got undefined; or set FIBRIN_TABLE');

    vi.unstubAllEnvs();
  });
});
