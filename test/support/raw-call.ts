import { request } from 'node:http';

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly bytes: Buffer;
  /** As they came. */
  readonly chunks: readonly string[];
  /** Whether the answer came to its end. */
  readonly complete: boolean;
}

/**
 * Sends what `fetch` would change: paths as they are, headers in their own case and more than once. A name under `.localhost` is this
 * machine.
 */
export const call = (address: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Got> =>
  new Promise((resolve, reject) => {
    const [, host = '', port, path = '/'] = /^http:\/\/([^:/]+):(\d+)(.*)$/s.exec(address) ?? [];
    const options = { host: host.endsWith('.localhost') ? '127.0.0.1' : host, port, path, method };
    const own = { ...headers, host: `${host}:${port}` } as Record<string, string | string[]>;
    const outgoing = request({ ...options, headers: own }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.on('close', () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          ...{ status: response.statusCode ?? 0, headers: response.headers, complete: response.complete },
          ...{ body: bytes.toString('utf8'), bytes, chunks: chunks.map(String) },
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

/** The JSON in an answer. */
export const json = (got: Got) => JSON.parse(got.body);
