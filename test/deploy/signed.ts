import { request } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../support/sdk-sha256.ts';

/** What the emulator takes for the account's root. */
export const DUMMY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;
export const REGION = 'us-east-1';

export interface SignedRequest {
  /** Of the emulator. */
  readonly endpoint: URL;
  /** The service that is asked, by the name that signatures have for it. */
  readonly service: string;
  /** Where the API has a host name of its own. Default: that of the endpoint. */
  readonly host?: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Default: those of the root. `null`: the request is not signed. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Sends a request as the AWS SDK does, and gives every answer, whatever its status. */
export async function sendSigned(asked: SignedRequest): Promise<Answer> {
  const {
    endpoint,
    service,
    host = endpoint.host,
    method = 'GET',
    path = '/',
    query = {},
    body = '',
  } = asked;
  const unsigned = {
    ...{ method, path, query: { ...query }, body, protocol: 'http:', hostname: host },
    headers: { ...asked.headers, host },
  };
  const { credentials = DUMMY_CREDENTIALS } = asked;
  const { headers } =
    credentials === null
      ? unsigned
      : await new SignatureV4({ service, region: REGION, credentials, sha256: Sha256 }).sign(unsigned);
  const search = new URLSearchParams(query).toString();
  return await new Promise((resolve, reject) => {
    // `fetch` would look the API's own host name up.
    const sent = request(
      {
        ...{ host: endpoint.hostname, port: endpoint.port, method, headers },
        path: search === '' ? path : `${path}?${search}`,
        timeout: 30_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.once('timeout', () => sent.destroy(new Error(`${method} ${host}${path}: no answer in 30 s`)));
    sent.once('error', reject);
    sent.end(body);
  });
}
