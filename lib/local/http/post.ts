import { Agent, type IncomingMessage, request } from 'node:http';

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Posted {
  readonly status: number;
  readonly text: string;
}

/** Connections that are kept do not keep the process. */
const agent = new Agent({ keepAlive: true });

/**
 * Posts to a server of this machine. Not by `fetch`, whose client takes longer to load than a run has to send.
 * @throws what the connection failed with, or the reason of the signal.
 */
export const post = (endpoint: string, { headers, body, signal }: Post): Promise<Posted> =>
  new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : error);
    const read = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .once('error', fail)
        .once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
    };
    const options = { method: 'POST', headers, agent, ...(signal && { signal }) };
    request(endpoint, options, read).on('error', fail).end(body);
  });
