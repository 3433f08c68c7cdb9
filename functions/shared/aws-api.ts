import { boundedFetch, HttpStatusError } from 'fibrin';
import { setting } from './settings.ts';
import { signerFor } from './signer.ts';

/*
 * Single requests of AWS services, signed and sent without their SDK: the clients of SQS and Lambda would double the bundle of a
 * function that makes one request of each.
 */

/** A service refused a request. Named by its code, as in the SDK's errors. */
class AwsApiError extends Error {
  override readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number };
  constructor(service: string, code: string, cause: HttpStatusError) {
    super(`${service} refused: ${code}`, { cause });
    this.name = code;
    this.$metadata = { httpStatusCode: cause.downstreamStatus };
  }
}

/** No answer of the two services is longer. */
const MAX_BYTES = 100_000;

/** `com.amazonaws.sqs#QueueDoesNotExist` or `TooManyRequestsException:http://…`: where it stands depends on the protocol. */
function codeOf({ headers, body }: HttpStatusError): string {
  const { __type } = (body.json() ?? {}) as { readonly __type?: unknown };
  const [code = ''] = String(headers['x-amzn-errortype'] ?? __type ?? '')
    .replace(/^.*#/, '')
    .split(':');
  return /^\w{1,80}$/.test(code) ? code : 'UnknownError';
}

export interface AwsRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request that reads, and may be sent twice. Gives the JSON of the answer. @throws an error that is named by the service's code. */
export type AwsApi = (request: AwsRequest, signal: AbortSignal) => Promise<object>;

/**
 * A service at its endpoint, or where the variables of the SDK put it.
 * @param endpoint Where it is on AWS.
 */
export function awsApi(service: 'sqs' | 'lambda', endpoint: URL): AwsApi {
  const { AWS_ENDPOINT_URL: ofAll, [`AWS_ENDPOINT_URL_${service.toUpperCase()}`]: own } = process.env;
  const base = new URL(own || ofAll || endpoint);
  const signer = signerFor(service);
  return async ({ method, path, query = {}, headers: given = {}, body }, signal) => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: { ...query },
      headers: { host: url.host, ...given },
      ...(body !== undefined && { body }),
    });
    const sending = { method, headers, signal, maxBytes: MAX_BYTES, idempotent: true };
    try {
      const answer = await boundedFetch(url, { ...sending, ...(body !== undefined && { body }) });
      return Object(answer.json());
    } catch (error) {
      if (error instanceof HttpStatusError) throw new AwsApiError(service, codeOf(error), error);
      throw error;
    }
  };
}

/** Of Lambda in the region of this function. */
export function lambdaEndpoint(): URL {
  const region = setting('AWS_REGION');
  return new URL(`https://lambda.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}
