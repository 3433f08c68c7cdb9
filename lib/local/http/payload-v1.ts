import {
  commonLogTime,
  type Header,
  headerOf,
  isText,
  type Received,
  recordOf,
  valuesByName,
} from './received.ts';
import type { Answer } from './server.ts';

/** What an event in payload format 1.0 is made of. */
export interface EventSourceV1 {
  readonly received: Received;
  readonly body: Buffer;
  readonly isBase64: boolean;
  /** The path of the route or of the resource, with its parameters in braces. */
  readonly resource: string;
  readonly resourceId: string | null;
  readonly path: string;
  /** The path with its stage. */
  readonly contextPath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly now: number;
  readonly apiId: string;
  readonly account: string;
  /** Of an HTTP API alone: it says so in its event, and has an authorizer there. */
  readonly httpApi?: { readonly authorizer: Readonly<Record<string, unknown>> };
}

const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length === 0 ? null : value);

/** The last value under each name, and all of them. */
const singleAndMulti = (pairs: Iterable<Header>) => {
  const values = valuesByName(pairs);
  return {
    single: recordOf([...values].map(([name, all]) => [name, all.at(-1) ?? ''] as const)),
    multi: recordOf(values),
  };
};

function identityOf(received: Received) {
  const unknown = [
    ...['accessKey', 'accountId', 'caller', 'cognitoAuthenticationProvider', 'cognitoAuthenticationType'],
    ...['cognitoIdentityId', 'cognitoIdentityPoolId', 'principalOrgId', 'user', 'userArn'],
  ];
  return {
    ...Object.fromEntries(unknown.map((name) => [name, null])),
    sourceIp: '127.0.0.1',
    userAgent: headerOf(received, 'user-agent') ?? null,
  };
}

/**
 * An event in payload format 1.0, as REST APIs send it, and HTTP APIs where the integration says so.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function toEventV1(source: EventSourceV1): Record<string, unknown> {
  const { received, body, httpApi, isBase64 } = source;
  const headers = singleAndMulti(received.headers);
  const query = singleAndMulti(new URLSearchParams(received.query));
  return {
    ...(httpApi && { version: '1.0' }),
    resource: source.resource,
    path: source.path,
    httpMethod: received.method,
    headers: orNull(headers.single),
    multiValueHeaders: orNull(headers.multi),
    queryStringParameters: orNull(query.single),
    multiValueQueryStringParameters: orNull(query.multi),
    pathParameters: orNull(source.pathParameters),
    stageVariables: orNull(source.stageVariables),
    requestContext: {
      accountId: source.account,
      apiId: source.apiId,
      ...httpApi,
      domainName: headerOf(received, 'host'),
      domainPrefix: source.apiId,
      extendedRequestId: source.requestId,
      httpMethod: received.method,
      identity: identityOf(received),
      path: source.contextPath,
      protocol: received.protocol,
      requestId: source.requestId,
      requestTime: commonLogTime(source.now),
      requestTimeEpoch: source.now,
      resourceId: source.resourceId,
      resourcePath: source.resource,
      stage: source.stage,
    },
    body: body.length === 0 ? null : body.toString(isBase64 ? 'base64' : 'utf8'),
    isBase64Encoded: body.length > 0 && isBase64,
  };
}

/** Whether a body reaches a function of an HTTP API as base64. */
export const isBase64OfHttpApi = (received: Received): boolean => !isText(received);

interface ResultV1 {
  readonly statusCode?: unknown;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, unknown>> | null;
  readonly body?: unknown;
  readonly isBase64Encoded?: unknown;
}

const asText = (value: unknown): string | undefined =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;

/** Both kinds of headers as one, the same value under one name once. Undefined when one is no text. */
function headersOf({ headers, multiValueHeaders }: ResultV1): Record<string, string[]> | undefined {
  const all = new Map<string, Set<string>>();
  const pairs = [
    ...Object.entries(multiValueHeaders ?? {}).flatMap(([name, values]) =>
      (Array.isArray(values) ? values : [undefined]).map((value) => [name, value] as const),
    ),
    ...Object.entries(headers ?? {}),
  ];
  for (const [name, value] of pairs) {
    const text = asText(value);
    if (text === undefined) return undefined;
    all.set(name.toLowerCase(), (all.get(name.toLowerCase()) ?? new Set()).add(text));
  }
  return Object.fromEntries([...all].map(([name, values]) => [name, [...values]]));
}

/**
 * What a function returned in payload format 1.0, as an HTTP answer. Undefined when it is nothing that can be one: this
 * format has no short form.
 * @param contentType What an answer without one has.
 * @param decodes Whether a body that is said to be base64 is decoded.
 */
export function toAnswerV1(payload: string, contentType: string, decodes: boolean): Answer | undefined {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined;
  const { statusCode, body, isBase64Encoded } = result as ResultV1;
  const status = Number(statusCode ?? Number.NaN);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  const headers = headersOf(result as ResultV1);
  if (headers === undefined) return undefined;
  return {
    statusCode: status,
    headers: { 'content-type': contentType, ...headers },
    body: isBase64Encoded === true && decodes ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}
