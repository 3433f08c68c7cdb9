import type { CorsModel } from '../template/apis.ts';
import { headerOf, type Received } from './received.ts';
import type { Answer } from './server.ts';

type Headers = Readonly<Record<string, string>>;

/** `*`, `https://*` and `http://*` stand for many. */
const allows = ({ allowOrigins }: CorsModel, origin: string): boolean =>
  allowOrigins.some((allowed) =>
    allowed === '*' || allowed === 'https://*' || allowed === 'http://*'
      ? origin.startsWith(allowed.slice(0, -1))
      : allowed.toLowerCase() === origin.toLowerCase(),
  );

/** What an answer says to a page of that origin: nothing, where it may not read it. */
function headersFor(cors: CorsModel, origin: string): Headers {
  if (!allows(cors, origin)) return {};
  const isForAll = cors.allowOrigins.includes('*') && !cors.allowCredentials;
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    ...(!isForAll && { vary: 'Origin' }),
    ...(cors.allowCredentials && { 'access-control-allow-credentials': 'true' }),
  };
}

const listed = (name: string, values: readonly string[]): Headers =>
  values.length === 0 ? {} : { [name]: values.join(',') };

/**
 * The answer to a preflight request, for which nothing is invoked; undefined for any other request.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function preflightAnswer(
  cors: CorsModel | undefined,
  received: Received,
  statusCode: number,
): Answer | undefined {
  const origin = headerOf(received, 'origin');
  const isPreflight =
    received.method === 'OPTIONS' && headerOf(received, 'access-control-request-method') !== undefined;
  if (cors === undefined || origin === undefined || !isPreflight) return undefined;
  const own = headersFor(cors, origin);
  if (Object.keys(own).length === 0) return { statusCode };
  return {
    statusCode,
    headers: {
      ...own,
      ...listed('access-control-allow-methods', cors.allowMethods),
      ...listed('access-control-allow-headers', cors.allowHeaders),
      ...(cors.maxAgeSeconds !== undefined && { 'access-control-max-age': String(cors.maxAgeSeconds) }),
    },
  };
}

/** A function's answer with what the template says about pages in place of what the function says. */
export function withCors(cors: CorsModel | undefined, received: Received, answer: Answer): Answer {
  if (cors === undefined) return answer;
  const kept = Object.entries(answer.headers ?? {}).filter(([name]) => !name.startsWith('access-control-'));
  const origin = headerOf(received, 'origin');
  if (origin === undefined) return { ...answer, headers: Object.fromEntries(kept) };
  const own = headersFor(cors, origin);
  const exposed =
    Object.keys(own).length === 0 ? {} : listed('access-control-expose-headers', cors.exposeHeaders);
  const { vary } = Object.fromEntries(kept);
  const both = vary !== undefined && own['vary'] !== undefined ? { vary: `${String(vary)}, Origin` } : {};
  return { ...answer, headers: { ...Object.fromEntries(kept), ...own, ...exposed, ...both } };
}
