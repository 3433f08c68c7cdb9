import {
  commonLogTime,
  decode,
  headerOf,
  isText,
  type Received,
  recordOf,
  valuesByName,
} from './received.ts';
import type { Answer } from './server.ts';

/** What an HTTP event is made of, beside the request itself. */
export interface EventSource {
  readonly received: Received;
  readonly body: Buffer;
  readonly requestId: string;
  readonly now: number;
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly apiId: string;
  readonly account: string;
  readonly stage?: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  /** What an authorizer found out. */
  readonly authorizer?: Readonly<Record<string, unknown>>;
  /** An HTTP API decodes the path, a function URL leaves it as it came. */
  readonly decodesPath?: boolean;
}

const members = (name: string, value: Readonly<Record<string, unknown>> | undefined) =>
  value && Object.keys(value).length > 0 ? { [name]: value } : {};

/**
 * An event in payload format 2.0, as HTTP APIs and function URLs send it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toEvent(source: EventSource): Record<string, unknown> {
  const { received, body, routeKey } = source;
  const { method, query, protocol } = received;
  const rawPath = source.decodesPath ? decode(received.path) : received.path;
  const headers = valuesByName(received.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const cookies = headers.get('cookie');
  headers.delete('cookie');
  const joined = (values: ReadonlyMap<string, readonly string[]>) =>
    recordOf([...values].map(([name, all]) => [name, all.join(',')] as const));
  const asText = isText(received);
  const domainName = headerOf(received, 'host');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies && { cookies: cookies.flatMap((cookie) => cookie.split('; ')) }),
    headers: joined(headers),
    ...(query && { queryStringParameters: joined(valuesByName(new URLSearchParams(query))) }),
    ...members('pathParameters', source.pathParameters),
    ...members('stageVariables', source.stageVariables),
    requestContext: {
      accountId: source.account,
      apiId: source.apiId,
      ...(source.authorizer && { authorizer: source.authorizer }),
      domainName,
      domainPrefix: source.apiId,
      http: {
        method,
        path: rawPath,
        protocol,
        sourceIp: '127.0.0.1',
        userAgent: headerOf(received, 'user-agent') ?? '',
      },
      requestId: source.requestId,
      routeKey,
      stage: source.stage ?? '$default',
      time: commonLogTime(source.now),
      timeEpoch: source.now,
    },
    ...(body.length > 0 && { body: body.toString(asText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !asText,
  };
}

/** An object is no text, whatever it has under `toString`. */
const textOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

/**
 * What a function returned, as an HTTP answer. Undefined when it is nothing that can be one.
 * @param ofText The body that a text alone becomes: for an HTTP API the text.
 */
export function toAnswer(
  payload: string,
  ofText: (text: string) => string = (text) => text,
): Answer | undefined {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    // Without a status, whatever came is the body of a 200.
    const body = typeof result === 'string' ? ofText(result) : JSON.stringify(result);
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: body ?? '' };
  }
  const {
    statusCode,
    headers = {},
    body = '',
    cookies,
    isBase64Encoded,
  } = result as {
    statusCode: unknown;
    headers?: Record<string, unknown> | null;
    body?: unknown;
    cookies?: string[];
    isBase64Encoded?: boolean;
  };
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599 || typeof body !== 'string') return undefined;
  return {
    statusCode: status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), textOf(value)]),
      ),
      ...(cookies && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}
