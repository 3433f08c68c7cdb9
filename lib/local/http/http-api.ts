import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import { functionFor, type LocalFunction } from '../lambda/function.ts';
import type { HttpApiModel, RouteModel, StageModel } from '../template/apis.ts';
import { preflightAnswer, withCors } from './cors.ts';
import { toAnswer, toEvent } from './event.ts';
import { API_MAX_BODY_BYTES, answerOf, answerWithin, type Serve, type Statuses } from './integration.ts';
import { type Authorization, authorizeByJwt, type KeySet } from './jwt.ts';
import { type MappingSources, mapAnswer, mapRequest } from './mapping.ts';
import { isBase64OfHttpApi, toAnswerV1, toEventV1 } from './payload-v1.ts';
import { commonLogTime, decode, headerOf, type Received, receivedFrom } from './received.ts';
import { routeFinder } from './routes.ts';
import { type Answer, readBody, send } from './server.ts';
import { serviceAnswer } from './service-answer.ts';
import { stageOf } from './stages.ts';

const STATUSES: Statuses = {
  error: serviceAnswer(500, 'Internal Server Error'),
  throttled: serviceAnswer(503, 'Service Unavailable'),
};
const NOT_FOUND = serviceAnswer(404, 'Not Found');

export interface HttpApiOptions {
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly account: string;
  readonly keys: KeySet;
}

/** A request that has found its route. */
interface Call {
  readonly account: string;
  readonly api: HttpApiModel;
  readonly route: RouteModel;
  readonly fn: LocalFunction;
  readonly stage: StageModel;
  readonly received: Received;
  /** Without the stage. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly authorization: Authorization & { kind: 'authorized' };
}

/** What a mapping can take from the context. */
function contextOf(
  { account, api, route, stage, received, path, authorization }: Call,
  requestId: string,
  now: number,
) {
  const claims = Object.entries(authorization.claims);
  return {
    ...{ accountId: account, apiId: api.apiId, domainPrefix: api.apiId, requestId, path },
    ...{ routeKey: route.routeKey, stage: stage.name, protocol: received.protocol },
    domainName: headerOf(received, 'host') ?? '',
    httpMethod: received.method,
    'identity.sourceIp': '127.0.0.1',
    'identity.userAgent': headerOf(received, 'user-agent') ?? '',
    requestTime: commonLogTime(now),
    requestTimeEpoch: String(now),
    ...Object.fromEntries(claims.map(([name, value]) => [`authorizer.claims.${name}`, value])),
  };
}

function eventOf(call: Call, received: Received, requestId: string, now: number): Record<string, unknown> {
  const { account, api, route, stage, body, pathParameters, authorization } = call;
  const { claims, scopes } = authorization;
  const common = { received, body, requestId, now, apiId: api.apiId, account, pathParameters };
  const stageVariables = stage.variables;
  if (route.payloadFormat === '2.0')
    return toEvent({
      ...{ ...common, routeKey: route.routeKey, stage: stage.name, stageVariables, decodesPath: true },
      ...(route.jwt && { authorizer: { jwt: { claims, scopes } } }),
    });
  const path = decode(received.path);
  return toEventV1({
    ...{ ...common, stage: stage.name, stageVariables, path, contextPath: path, resourceId: null },
    received: { ...received, headers: received.headers.map(([name, value]) => [name.toLowerCase(), value]) },
    isBase64: isBase64OfHttpApi(received),
    resource: route.routeKey.split(' ')[1] ?? path,
    httpApi: { authorizer: route.jwt ? { claims, scopes } : { claims: null, scopes: null } },
  });
}

const readV1 = (payload: string) => toAnswerV1(payload, 'text/plain; charset=utf-8', true);

/** Gives a request to its function, changed on the way and on the way back as the integration says. */
async function integrate(call: Call): Promise<Answer> {
  const { api, route, fn, received, body, path, pathParameters, stage } = call;
  const requestId = randomUUID();
  const now = systemClock.now();
  const sources: MappingSources = {
    ...{ received, body, path, pathParameters, stageVariables: stage.variables },
    context: contextOf(call, requestId, now),
  };
  const mapped = route.mapping ? mapRequest(route.mapping.request, sources) : received;
  const event = eventOf(call, mapped, requestId, now);
  const { answer, isOwn } = await answerOf(
    ...([fn, event, STATUSES, route.payloadFormat === '2.0' ? toAnswer : readV1] as const),
  );
  if (!isOwn) return answer;
  const steps = route.mapping?.responses.get(answer.statusCode);
  return withCors(api.cors, received, steps ? mapAnswer(steps, sources, answer) : answer);
}

/** Decodes the parameters of a path, each by itself. */
const decoded = (parameters: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, value.split('/').map(decode).join('/')]),
  );

const ANYBODY: Authorization = { kind: 'authorized', claims: {}, scopes: null };

/** Answers requests as an HTTP API with Lambda proxy integrations does. */
export function httpApi(api: HttpApiModel, { functions, account, keys }: HttpApiOptions): Serve {
  const find = routeFinder(api.routes);
  return async (request: IncomingMessage, response) => {
    const received = receivedFrom(request);
    const staged = stageOf(api.stages, received.path);
    if (staged === undefined) return send(response, NOT_FOUND);
    const { stage, path } = staged;
    const preflight = preflightAnswer(api.cors, received, 204);
    if (preflight) return send(response, preflight);
    const match = find(received.method, path);
    const fn = match && functionFor(functions, match.route);
    if (match === undefined || fn === undefined) return send(response, NOT_FOUND);
    const { route } = match;
    const authorization = route.jwt
      ? authorizeByJwt(route.jwt.authorizer, route.jwt.scopes, keys, received, systemClock.now())
      : ANYBODY;
    if (authorization.kind === 'refused') return send(response, authorization.answer);
    await answerWithin(request, response, route.timeoutMs, STATUSES.throttled, async () => {
      const body = await readBody(request, API_MAX_BODY_BYTES);
      const pathParameters = decoded(match.pathParameters);
      return integrate({
        account,
        api,
        route,
        fn,
        stage,
        received,
        path,
        pathParameters,
        body,
        authorization,
      });
    });
  };
}
