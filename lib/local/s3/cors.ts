import { xmlText } from '../http/query-error.ts';
import type { CorsRule } from './model.ts';

/** A request of a page, as far as rules are about it. */
export interface PageRequest {
  readonly origin: string;
  readonly method: string;
  /** `Access-Control-Request-Headers` of a preflight request. */
  readonly requestedHeaders: string | undefined;
}

export interface PreflightAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const headerOf = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return value === undefined ? undefined : String(value);
};

/** One `*` stands for any text. */
function fits(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.split(/\*(.*)/s);
  if (after === undefined) return pattern === text;
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

const namesIn = (list: string | undefined): readonly string[] =>
  (list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

/** The first rule that allows it, or undefined. */
export const ruleFor = (rules: readonly CorsRule[], request: PageRequest): CorsRule | undefined =>
  rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((pattern) => fits(pattern, request.origin)) &&
      allowedMethods.includes(request.method) &&
      namesIn(request.requestedHeaders).every((name) =>
        allowedHeaders.some((pattern) => fits(pattern.toLowerCase(), name)),
      ),
  );

/** What the browser reads of an answer to a page that a rule allows. */
export function corsHeaders(
  rule: CorsRule,
  { origin, requestedHeaders }: PageRequest,
): Record<string, string> {
  const isForAll = rule.allowedOrigins.includes('*');
  const requested = namesIn(requestedHeaders);
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    ...(!isForAll && { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(requested.length > 0 && { 'access-control-allow-headers': requested.join(', ') }),
    ...(rule.exposedHeaders.length > 0 && {
      'access-control-expose-headers': rule.exposedHeaders.join(', '),
    }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

const refused = (statusCode: number, code: string, message: string): PreflightAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${xmlText(message)}</Message></Error>`,
});

/**
 * The answer of a bucket to `OPTIONS`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html
 */
export function preflightAnswer(rules: readonly CorsRule[], headers: Headers): PreflightAnswer {
  const origin = headerOf(headers, 'origin');
  const method = headerOf(headers, 'access-control-request-method');
  const requestedHeaders = headerOf(headers, 'access-control-request-headers');
  if (origin === undefined)
    return refused(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  if (method === undefined) return refused(400, 'BadRequest', 'Invalid Access-Control-Request-Method: null');
  if (rules.length === 0)
    return refused(403, 'AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.');
  const request = { origin, method, requestedHeaders };
  const rule = ruleFor(rules, request);
  if (rule === undefined)
    return refused(403, 'AccessForbidden', 'CORSResponse: This CORS request is not allowed.');
  return { statusCode: 200, headers: corsHeaders(rule, request), body: '' };
}
