import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { atEndOfFile } from './ends.ts';

/** What a service answers: a status and a body. */
export type Answer = readonly [status: number, body: object];

export interface ServiceRequest {
  /** The operation of DynamoDB, or the path of a downstream service. */
  readonly operation: string;
  readonly body: string;
}

/** As DynamoDB refuses a request. */
export const refusal = (type: string, more: object = {}): Answer => [
  400,
  { __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...more },
];

/**
 * Serves what the functions of the profile app call, and sets their environment for it: for answers that the services of the
 * local run do not give.
 */
export async function startProfileServices(answer: (request: ServiceRequest) => Answer): Promise<void> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      const operation = target === undefined ? (request.url ?? '') : String(target).replace(/^.*\./, '');
      const [status, body] = answer({ operation, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(status, {
        'content-type': target ? 'application/x-amz-json-1.0' : 'application/json',
      });
      response.end(JSON.stringify(body));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_ENDPOINT_URL_SQS: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_MAX_ATTEMPTS: '1',
    USERS_TABLE: 'users',
    CACHE_TABLE: 'caches',
    FIBRIN_TABLE: 'resilience',
    DOWNSTREAM_URL: url,
    DEAD_LETTER_QUEUES: JSON.stringify({ 'Updates.Undelivered': `${url}/000000000000/undelivered` }),
    WARM_FUNCTION: 'get-profile',
    WARM_ALIAS: 'live',
    DOWNSTREAM_AUTH: 'iam',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // Settings are read when a module loads.
  vi.resetModules();
  atEndOfFile(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
}
