import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Meddler {
  readonly endpoint: string;
  stop(): void;
}

/** Stands in front of a DynamoDB on this machine and does something before one operation reaches it. */
export async function meddleBefore(
  operation: string,
  endpoint: string,
  meddle: () => Promise<unknown>,
): Promise<Meddler> {
  const server = createServer((request, response) => {
    const { 'x-amz-target': target = '', authorization = '', 'x-amz-date': date = '' } = request.headers;
    const forward = async () => {
      const body = await buffer(request);
      if (String(target).endsWith(`.${operation}`)) await meddle();
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: {
          ...{ 'content-type': 'application/x-amz-json-1.0', authorization },
          ...{ 'x-amz-target': String(target), 'x-amz-date': String(date) },
        },
        body: new Uint8Array(body),
      });
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(await answer.text());
    };
    forward().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
