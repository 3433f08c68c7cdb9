import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { usersStore } from '../../functions/shared/tables.ts';
import { StoreError } from '../../lib/core/errors.ts';

/** A DynamoDB in trouble. */
let requests = 0;
const server = createServer((request, response) => {
  requests++;
  request.resume().on('end', () => {
    response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
    response.end('{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}');
  });
});
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('USERS_TABLE', 'users');
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

describe('the table of the users', () => {
  test('is asked once for one call: the retries are those of the policy around it', async () => {
    await expect(usersStore().get('user#1')).rejects.toBeInstanceOf(StoreError);

    expect(requests).toBe(1);
  });
});
