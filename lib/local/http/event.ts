import type { IncomingMessage } from 'node:http';
import type { Answer } from './server.ts';

/** What an HTTP event is made of, beside the request itself. */
export interface EventSource {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly requestId: string;
  readonly now: number;
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly apiId: string;
  readonly account: string;
}

/** Bodies of these types reach a function as text, all others as base64. */
const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml|.*\+json|.*\+xml)\b)/i;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** API Gateway's own time format: `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

/** An event in payload format 2.0, as HTTP APIs and function URLs send it. */
export function toEvent(source: EventSource): Record<string, unknown> {
  const { request, body, routeKey, pathParameters } = source;
  const { method = 'GET', url = '/', headers, httpVersion } = request;
  const [rawPath = '/', rawQueryString = ''] = url.split(/\?(.*)/s);
  const { cookie, ...others } = headers;
  // API Gateway joins the values of one header with a comma and no space. A header that this run has added has one value.
  const joined = (name: string, value: unknown) => request.headersDistinct[name]?.join(',') ?? String(value);
  const query = [...new URLSearchParams(rawQueryString)].reduce<Record<string, string>>(
    (all, [name, value]) => {
      all[name] = Object.hasOwn(all, name) ? `${all[name]},${value}` : value;
      return all;
    },
    Object.create(null),
  );
  const isText = TEXT_TYPES.test(headers['content-type'] ?? 'text/plain');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie && { cookies: cookie.split('; ') }),
    headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, joined(name, value)])),
    ...(rawQueryString && { queryStringParameters: query }),
    ...(pathParameters && Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId: source.account,
      apiId: source.apiId,
      domainName: headers.host,
      domainPrefix: source.apiId,
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: source.requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(source.now),
      timeEpoch: source.now,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** An object is no text, whatever it has under `toString`. */
const textOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

/** What a function returned, as an HTTP answer. Undefined when it is nothing that can be one. */
export function toAnswer(payload: string): Answer | undefined {
  let result: unknown;
  try {
    result = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    // Without a status, whatever came is the body of a 200.
    const body = typeof result === 'string' ? result : JSON.stringify(result);
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
