import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { atEndOfFile } from './ends.ts';

/** What came over the wire. */
export interface WireRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A service of AWS that answers with what it is given last, and the requests that it got. */
export interface AwsService {
  readonly url: string;
  readonly requests: readonly WireRequest[];
  answers(answer: WireAnswer): void;
}

/** Starts one, and sets the environment for functions that call it. */
export async function startAwsService(): Promise<AwsService> {
  const requests: WireRequest[] = [];
  let given: WireAnswer = { status: 500, body: '' };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(given.status, given.headers);
      response.end(given.body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', url);
  atEndOfFile(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  return {
    url,
    requests,
    answers(answer) {
      given = answer;
    },
  };
}
