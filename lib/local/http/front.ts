import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import { FibrinError } from '../../core/errors.ts';
import type { LocalFunction } from '../lambda/function.ts';
import type { InvocationResult } from '../lambda/result.ts';
import { ACCOUNT } from '../template/reader.ts';
import { toAnswer, toEvent } from './event.ts';
import { areWritable } from './hop-by-hop.ts';
import type { RouteMatch } from './routes.ts';
import { type Answer, readBody, send } from './server.ts';

/** API Gateway's limit on a request body. */
const API_MAX_BODY_BYTES = 10 * 1_024 * 1_024;
/** Lambda's limit on an invocation's payload, and a function URL's on the body. */
const LAMBDA_MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;
/** How long an HTTP API waits for its integration. */
const INTEGRATION_LIMIT_MS = 30_000;

/** An answer that the service itself gives: AWS's `message` inside a problem, so that clients meet one error format. */
export function serviceAnswer(statusCode: number, message: string): Answer {
  return {
    statusCode,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: message, status: statusCode, message }),
  };
}

interface Statuses {
  readonly error: Answer;
  readonly throttled: Answer;
}

const HTTP_API: Statuses = {
  error: serviceAnswer(500, 'Internal Server Error'),
  throttled: serviceAnswer(503, 'Service Unavailable'),
};
const FUNCTION_URL: Statuses = {
  error: serviceAnswer(502, 'Internal Server Error'),
  throttled: serviceAnswer(429, 'Rate Exceeded.'),
};

function answerOf(result: InvocationResult, statuses: Statuses): Answer {
  switch (result.kind) {
    case 'success': {
      const answer = toAnswer(result.payload);
      return answer && areWritable(answer.headers ?? {}) ? answer : statuses.error;
    }
    case 'error':
      return statuses.error;
    case 'throttled':
      return statuses.throttled;
  }
}

interface Target {
  readonly fn: LocalFunction;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly maxBodyBytes: number;
}

async function invoke(request: IncomingMessage, target: Target): Promise<InvocationResult> {
  const event = toEvent({
    request,
    body: await readBody(request, target.maxBodyBytes),
    requestId: randomUUID(),
    now: systemClock.now(),
    routeKey: target.routeKey,
    pathParameters: target.pathParameters,
    apiId: 'local',
    account: ACCOUNT,
  });
  const payload = JSON.stringify(event);
  if (Buffer.byteLength(payload) > LAMBDA_MAX_PAYLOAD_BYTES) {
    throw new FibrinError(
      'BODY_TOO_LARGE',
      `The request is over ${LAMBDA_MAX_PAYLOAD_BYTES} bytes as an event`,
      { status: 413 },
    );
  }
  return target.fn.invoke(payload);
}

/** Answers a request as an HTTP API with Lambda proxy integrations does. */
export async function serveHttpApi(
  request: IncomingMessage,
  response: ServerResponse,
  match: RouteMatch | undefined,
  functions: ReadonlyMap<string, LocalFunction>,
): Promise<void> {
  const fn = match && functions.get(match.route.functionName);
  if (match === undefined || fn === undefined) return send(response, serviceAnswer(404, 'Not Found'));
  const { routeKey } = match.route;
  const cancel = systemClock.after(INTEGRATION_LIMIT_MS, () => {
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, HTTP_API.throttled);
    if (!request.complete) request.destroy();
  });
  try {
    const { pathParameters } = match;
    const result = await invoke(request, { fn, routeKey, pathParameters, maxBodyBytes: API_MAX_BODY_BYTES });
    send(response, answerOf(result, HTTP_API));
  } finally {
    cancel();
  }
}

/** Answers a request as a function URL does. */
export async function serveFunctionUrl(
  request: IncomingMessage,
  response: ServerResponse,
  fn: LocalFunction,
  authType: string,
  deliver: (answer: Answer) => Promise<void>,
): Promise<void> {
  // Whether the signature is right is AWS's to check; that there is one, a caller can get wrong here already.
  if (authType === 'AWS_IAM' && !request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    return send(response, serviceAnswer(403, 'Forbidden'));
  }
  const target = { fn, routeKey: '$default', pathParameters: {}, maxBodyBytes: LAMBDA_MAX_PAYLOAD_BYTES };
  await deliver(answerOf(await invoke(request, target), FUNCTION_URL));
}
