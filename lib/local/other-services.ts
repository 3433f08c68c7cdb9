import type { IncomingMessage } from 'node:http';
import { errorElement, queryError } from './http/query-error.ts';
import { type Answer, guarded, type Listening, listen, readBody, send } from './http/server.ts';
import type { Log } from './log.ts';

/** Where calls go that no service of this run answers. */
export interface OtherServices extends Listening {
  /** The endpoint of one function, by the name that people know it by. */
  urlOf(functionName: string): string;
}

/** An error that no client tries again. */
const STATUS = 400;
const CODE = 'NotRunOnThisMachine';
/** A body is read only for the name of an operation. A longer one is refused as too large. */
const MAX_BODY_BYTES = 64 * 1_024 * 1_024;
/** Those that write XML although they are asked by paths. */
const XML_SERVICES = new Set(['s3', 'route53', 'cloudfront', 's3control']);

interface Call {
  /** As a request is signed for it: `secretsmanager`. */
  readonly service: string;
  readonly operation: string;
  readonly form: 'json' | 'query' | 'xml' | 'cbor';
}

/** Who calls what: the signature names the service, each protocol the operation in a way of its own. */
function callOf({ headers, method }: IncomingMessage, path: string, body: string): Call {
  const type = headers['content-type'] ?? '';
  const [, scope] = /Credential=[^/,]*\/\d+\/[^/]+\/([^/,]+)/.exec(headers.authorization ?? '') ?? [];
  const target = headers['x-amz-target'];
  const [, rpcService, rpc] = /\/service\/([^/]+)\/operation\/(\w+)/.exec(path) ?? [];
  const service = scope ?? rpcService ?? 'a service that its request does not name';
  if (typeof target === 'string')
    return { service, operation: target.split('.').at(-1) ?? target, form: 'json' };
  if (rpc !== undefined) return { service, operation: rpc, form: 'cbor' };
  if (type.startsWith('application/x-www-form-urlencoded'))
    return { service, operation: new URLSearchParams(body).get('Action') ?? 'a query', form: 'query' };
  return { service, operation: `${method} ${path}`, form: XML_SERVICES.has(service) ? 'xml' : 'json' };
}

/** A text of CBOR, RFC 8949: its type and length, then the bytes. */
function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = bytes.length < 24 ? [0x60 + bytes.length] : [0x79, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function refusal(form: Call['form'], message: string): Answer {
  switch (form) {
    case 'cbor': {
      const members = ['__type', CODE, 'message', message].map(cborText);
      return {
        statusCode: STATUS,
        headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
        body: Buffer.concat([Buffer.from([0xa2]), ...members]),
      };
    }
    case 'query':
      return {
        statusCode: STATUS,
        headers: { 'content-type': 'text/xml' },
        body: queryError(CODE, message),
      };
    case 'xml':
      return {
        statusCode: STATUS,
        headers: { 'content-type': 'application/xml' },
        body: errorElement(CODE, message),
      };
    case 'json':
      return {
        statusCode: STATUS,
        headers: { 'content-type': 'application/json', 'x-amzn-errortype': CODE },
        body: JSON.stringify({ __type: CODE, message }),
      };
  }
}

/**
 * Refuses every call of AWS that the run has no service for, in the form that its client reads. SDK clients come here by
 * `AWS_ENDPOINT_URL`: what a function calls never leaves the machine unnoticed. Each service is printed once a function.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export async function startOtherServices(log: Pick<Log, 'say'>): Promise<OtherServices> {
  const said = new Set<string>();
  const server = await listen(
    0,
    guarded(async (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const [, encoded = '', rest = ''] = pathname.split(/^\/([^/]*)/);
      const body = (await readBody(request, MAX_BODY_BYTES)).toString('utf8');
      const { service, operation, form } = callOf(request, rest || '/', body);
      const caller = decodeURIComponent(encoded);
      const line = `${caller} calls ${service}, which is not run on this machine: it is refused`;
      if (!said.has(line)) log.say(`${line} (first ${operation})`);
      said.add(line);
      const fix = 'give the function a stand-in for -c stage=local, or an AWS_ENDPOINT_URL_… of its own';
      send(response, refusal(form, `${service} is not run on this machine (${operation}); ${fix}`));
    }),
  );
  return {
    ...server,
    urlOf: (functionName) => `http://127.0.0.1:${server.port}/${encodeURIComponent(functionName)}`,
  };
}
