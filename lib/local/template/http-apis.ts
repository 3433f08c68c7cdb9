import { textsOf } from '../texts.ts';
import type { HttpApiModel, JwtAuthorizerModel, RouteModel, StageModel } from './apis.ts';
import { readCors } from './cors.ts';
import { readMapping } from './mapping.ts';
import { targetOfArn } from './names.ts';
import type { Properties } from './properties.ts';
import type { Resource, TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';
import { readStages } from './stages.ts';

const INTEGRATION = 'AWS::ApiGatewayV2::Integration';
const LEAVE_OUT = 'leave it out for -c stage=local';
/** How long an HTTP API waits for its integration where nothing else is said, and at the most. */
const INTEGRATION_LIMIT_MS = 30_000;

type Integration = Pick<RouteModel, 'functionName' | 'qualifier' | 'payloadFormat' | 'timeoutMs' | 'mapping'>;

function readIntegrations(reader: TemplateReader): ReadonlyMap<string, Integration> {
  const names = ['IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'];
  const resources = reader.ofType([INTEGRATION], [...names, 'RequestParameters', 'ResponseParameters']);
  return new Map(
    resources.map(({ logicalId, properties }) => {
      const { IntegrationType, IntegrationUri, PayloadFormatVersion = '1.0', TimeoutInMillis } = properties;
      if (IntegrationType !== 'AWS_PROXY' || !String(IntegrationUri).includes(':function:'))
        refuse(
          logicalId,
          `an integration of type ${IntegrationType} with ${IntegrationUri ?? 'no function'}`,
          LEAVE_OUT,
        );
      if (PayloadFormatVersion !== '1.0' && PayloadFormatVersion !== '2.0')
        return refuse(logicalId, `payload format ${PayloadFormatVersion}`, 'use 2.0 or 1.0');
      const mapping = readMapping(logicalId, properties, (path) => reader.note(INTEGRATION, path));
      return [
        reader.nameOf(logicalId),
        {
          ...targetOfArn(String(IntegrationUri)),
          payloadFormat: PayloadFormatVersion,
          timeoutMs: Number(TimeoutInMillis ?? INTEGRATION_LIMIT_MS),
          ...(mapping && { mapping }),
        } satisfies Integration,
      ] as const;
    }),
  );
}

function sourceOf(logicalId: string, identitySource: unknown): JwtAuthorizerModel['source'] {
  const text = String([identitySource].flat()[0] ?? 'none');
  const [, place, name] = /^\$request\.(header|querystring)\.(.+)$/.exec(text) ?? [];
  if ((place !== 'header' && place !== 'querystring') || name === undefined)
    return refuse(logicalId, `the identity source ${text}`, 'take the token from a header or from the query');
  return { in: place, name };
}

function readAuthorizers(reader: TemplateReader): ReadonlyMap<string, JwtAuthorizerModel> {
  const names = ['AuthorizerType', 'IdentitySource', 'JwtConfiguration'];
  return new Map(
    reader.ofType(['AWS::ApiGatewayV2::Authorizer'], names).map(({ logicalId, properties }) => {
      const { AuthorizerType, IdentitySource, JwtConfiguration } = properties;
      if (AuthorizerType !== 'JWT')
        return refuse(
          logicalId,
          `an authorizer of type ${AuthorizerType}`,
          'open its routes for -c stage=local',
        );
      const { Issuer, Audience } = (JwtConfiguration ?? {}) as Properties;
      const model = {
        logicalId,
        source: sourceOf(logicalId, IdentitySource),
        issuer: String(Issuer),
        audience: textsOf(Audience),
      };
      return [reader.nameOf(logicalId), model] as const;
    }),
  );
}

interface Parts {
  readonly integrations: ReadonlyMap<string, Integration>;
  readonly authorizers: ReadonlyMap<string, JwtAuthorizerModel>;
}

function routeOf({ logicalId, properties }: Resource, { integrations, authorizers }: Parts): RouteModel {
  const { RouteKey, Target, AuthorizationType = 'NONE', AuthorizerId, AuthorizationScopes } = properties;
  const integration = integrations.get(String(Target).replace('integrations/', ''));
  if (integration === undefined)
    return refuse(logicalId, `the target ${Target ?? 'none'}`, 'point the route at a Lambda function');
  const routeKey = String(RouteKey);
  if (AuthorizationType === 'NONE') return { routeKey, ...integration };
  const authorizer = authorizers.get(String(AuthorizerId));
  if (AuthorizationType !== 'JWT' || authorizer === undefined)
    return refuse(logicalId, `authorization by ${AuthorizationType}`, 'open the route for -c stage=local');
  const scopes = textsOf(AuthorizationScopes);
  return { routeKey, ...integration, jwt: { authorizer, scopes } };
}

const API_NAMES = ['ProtocolType', 'CorsConfiguration', 'Target', 'RouteKey'];

/** What an API has that is made with its target alone: one route and the stage `$default`. */
function quickCreated({ properties }: Resource): { routes: RouteModel[]; stages: StageModel[] } {
  const { Target, RouteKey = '$default' } = properties;
  if (Target === undefined) return { routes: [], stages: [] };
  const target = targetOfArn(String(Target));
  const route = { routeKey: String(RouteKey), ...target, payloadFormat: '2.0' as const };
  return {
    routes: [{ ...route, timeoutMs: INTEGRATION_LIMIT_MS }],
    stages: [{ name: '$default', variables: {} }],
  };
}

/** The HTTP APIs of the template. */
export function readHttpApis(reader: TemplateReader): readonly HttpApiModel[] {
  const parts = { integrations: readIntegrations(reader), authorizers: readAuthorizers(reader) };
  const stages = readStages(reader, 'http');
  const routeNames = [
    'ApiId',
    'RouteKey',
    'Target',
    'AuthorizationType',
    'AuthorizerId',
    'AuthorizationScopes',
  ];
  const routes = reader.ofType(['AWS::ApiGatewayV2::Route'], routeNames);
  return reader.ofType(['AWS::ApiGatewayV2::Api'], API_NAMES).map((api) => {
    const { logicalId, properties, displayName } = api;
    const { ProtocolType, Target, CorsConfiguration } = properties;
    if (ProtocolType !== 'HTTP') refuse(logicalId, `an API of protocol ${ProtocolType ?? 'none'}`, LEAVE_OUT);
    if (Target !== undefined && !String(Target).includes(':function:'))
      refuse(logicalId, `the target ${Target}`, 'point the API at a Lambda function');
    const apiId = reader.nameOf(logicalId);
    const own = routes.filter((route) => route.properties['ApiId'] === apiId);
    const quick = quickCreated(api);
    const cors = readCors(CorsConfiguration);
    return {
      ...{ kind: 'http' as const, logicalId, apiId, displayName },
      routes: [...quick.routes, ...own.map((route) => routeOf(route, parts))],
      stages: [...quick.stages, ...(stages.get(apiId) ?? [])],
      ...(cors && { cors }),
    };
  });
}
