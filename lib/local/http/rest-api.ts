import { randomUUID } from 'node:crypto';
import { systemClock } from '../../core/clock.ts';
import { functionFor, type LocalFunction } from '../lambda/function.ts';
import type {
  MethodModel,
  MockModel,
  RestApiModel,
  RestResourceModel,
  StageModel,
} from '../template/apis.ts';
import { API_MAX_BODY_BYTES, answerOf, answerWithin, type Serve, type Statuses } from './integration.ts';
import { toAnswerV1, toEventV1 } from './payload-v1.ts';
import { headerOf, type Received, receivedFrom } from './received.ts';
import { routeFinder } from './routes.ts';
import { type Answer, readBody, send } from './server.ts';
import { stageOf } from './stages.ts';

export interface RestApiOptions {
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly account: string;
}

/**
 * What a REST API answers by itself.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const own = (statusCode: number, message: string, type: string): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
  body: JSON.stringify({ message }),
});
const FAILED = 'InternalServerErrorException';
const NO_STAGE = own(403, 'Forbidden', 'ForbiddenException');
const NO_METHOD = own(403, 'Missing Authentication Token', 'MissingAuthenticationTokenException');
const LATE = own(504, 'Endpoint request timed out', FAILED);
const STATUSES: Statuses = {
  error: own(502, 'Internal server error', FAILED),
  throttled: own(500, 'Internal server error', FAILED),
};

/**
 * Headers that a REST API keeps for itself: what a function says of them has another name.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const REMAPPED: ReadonlySet<string> = new Set(['date', 'server', 'www-authenticate']);
const withRemapped = (answer: Answer): Answer => ({
  ...answer,
  headers: Object.fromEntries(
    Object.entries(answer.headers ?? {}).map(([name, value]) => [
      REMAPPED.has(name) ? `x-amzn-remapped-${name}` : name,
      value,
    ]),
  ),
});

/** Whether a media type is one of those that a REST API takes for binary. */
const isBinary = (types: readonly string[], value: string | undefined): boolean => {
  const type = value?.split(/[,;]/)[0]?.trim().toLowerCase() || 'application/json';
  return types.some((one) => one === '*/*' || one.toLowerCase() === type);
};

function mockAnswer({ statusCode, headers, body, origins }: MockModel, received: Received): Answer {
  const origin = headerOf(received, 'origin');
  const allowed = origin !== undefined && origins.includes(origin);
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(allowed && { 'access-control-allow-origin': origin }),
    },
    body,
  };
}

/** The resource of a path; a slash at its end makes no difference. */
function resourceFinder(resources: readonly RestResourceModel[]) {
  const find = routeFinder(resources.map((resource) => ({ routeKey: `ANY ${resource.path}`, resource })));
  return (path: string) => {
    const match = find('ANY', path.length > 1 ? path.replace(/\/$/, '') : path);
    return match && { resource: match.route.resource, pathParameters: match.pathParameters };
  };
}

interface Call {
  readonly api: RestApiModel;
  readonly stage: StageModel;
  readonly resource: RestResourceModel;
  readonly received: Received;
  /** Without the stage. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const eventOf = (
  { api, stage, resource, received, path, pathParameters }: Call,
  body: Buffer,
  account: string,
) =>
  toEventV1({
    ...{ received, body, path, pathParameters, account, apiId: api.apiId },
    ...{ resource: resource.path, resourceId: resource.resourceId, contextPath: received.path },
    ...{
      stage: stage.name,
      stageVariables: stage.variables,
      requestId: randomUUID(),
      now: systemClock.now(),
    },
    isBase64: isBinary(api.binaryMediaTypes, headerOf(received, 'content-type')),
  });

/** Answers requests as a REST API with Lambda proxy integrations does. */
export function restApi(api: RestApiModel, { functions, account }: RestApiOptions): Serve {
  const find = resourceFinder(api.resources);
  return async (request, response) => {
    const received = receivedFrom(request);
    const staged = stageOf(api.stages, received.path);
    if (staged === undefined) return send(response, NO_STAGE);
    const { stage, path } = staged;
    const match = find(path);
    const method: MethodModel | undefined =
      match?.resource.methods.get(received.method) ?? match?.resource.methods.get('ANY');
    if (match === undefined || method === undefined) return send(response, NO_METHOD);
    if (method.kind === 'mock') return send(response, mockAnswer(method, received));
    const fn = functionFor(functions, method);
    if (fn === undefined) return send(response, STATUSES.throttled);
    const decodes = isBinary(api.binaryMediaTypes, headerOf(received, 'accept'));
    await answerWithin(request, response, method.timeoutMs, LATE, async () => {
      const body = await readBody(request, API_MAX_BODY_BYTES);
      const event = eventOf({ api, stage, received, path, ...match }, body, account);
      const read = (payload: string) => {
        const answer = toAnswerV1(payload, 'application/json', decodes);
        return answer && withRemapped(answer);
      };
      return (await answerOf(fn, event, STATUSES, read)).answer;
    });
  };
}
