import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { listen } from '../../lib/local/http/server.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { atEndOfTest } from '../support/ends.ts';

const REFUSED = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';

/** A store whose server answers as a test says, and the client under it. */
async function storeWith(status: number, body: unknown, contentType = 'application/x-amz-json-1.0') {
  let requests = 0;
  const server = await listen(0, (_request, response) => {
    requests++;
    response.writeHead(status, { 'content-type': contentType });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  atEndOfTest(server.close);
  const client = new DynamoDBClient({
    ...{ endpoint: `http://127.0.0.1:${server.port}`, region: 'us-east-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  atEndOfTest(() => client.destroy());
  const store = dynamoStore({ table: 't', transport: sdkTransport(client) });
  return { store, client, requests: () => requests };
}

describe('a write whose condition is refused', () => {
  const refusal = {
    __type: REFUSED,
    message: 'The conditional request failed',
    Item: { pk: { S: 'k' }, n: { N: '7' } },
  };

  test.each(['put', 'delete'] as const)('is an answer with what stood in the way, for %s', async (write) => {
    const { store, requests } = await storeWith(400, refusal);

    const result = write === 'put' ? store.put('k', { n: 8 }) : store.delete('k');

    expect(await result).toEqual({ applied: false, current: { n: 7 } });
    expect(requests()).toBe(1);
  });

  test('is no error for what the user has added to the client', async () => {
    const { store, client } = await storeWith(400, refusal);
    const seen: unknown[] = [];
    client.middlewareStack.add(
      (next) => async (args) => {
        const output = await next(args).catch((error: unknown) => {
          seen.push(error);
          throw error;
        });
        seen.push(output.output.$metadata.httpStatusCode);
        return output;
      },
      { step: 'initialize' },
    );
    await store.put('k', { n: 8 });

    expect(seen).toEqual([200]);
  });

  test('is left to the SDK where the answer is in another protocol', async () => {
    const { store } = await storeWith(400, refusal, 'application/json');

    expect(await store.put('k', { n: 8 })).toEqual({ applied: false, current: { n: 7 } });
  });
});

describe('any other answer is left to the SDK', () => {
  test.each<[string, number, unknown]>([
    ['another refusal', 400, { __type: 'com.amazon.coral.validate#ValidationException', message: 'no' }],
    ['a 400 that is no JSON', 400, 'bad request'],
    ['a 400 of an empty object', 400, {}],
    ['a 500', 500, { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' }],
  ])('%s', async (_, status, body) => {
    const { store } = await storeWith(status, body);

    await expect(store.put('k', { n: 8 })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: { $metadata: { httpStatusCode: status } },
    });
  });

  test('a success', async () => {
    const { store } = await storeWith(200, {});

    expect(await store.put('k', { n: 8 })).toEqual({ applied: true });
  });
});
