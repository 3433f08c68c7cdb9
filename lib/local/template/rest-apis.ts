import { textsOf } from '../texts.ts';
import type { MethodModel, RestApiModel, RestResourceModel } from './apis.ts';
import { readMock } from './mock.ts';
import { targetOfArn } from './names.ts';
import type { Properties } from './properties.ts';
import type { Resource, TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';
import { readStages, variablesOf } from './stages.ts';

const METHOD = 'AWS::ApiGateway::Method';
/** How long a REST API waits for its integration where nothing else is said. */
const INTEGRATION_LIMIT_MS = 29_000;

function lambdaOf(logicalId: string, integration: Properties, reader: TemplateReader): MethodModel {
  const { Uri, IntegrationHttpMethod, TimeoutInMillis, RequestParameters, ResponseTransferMode } =
    integration;
  const uri = String(Uri ?? 'without a function');
  const { length } = Object.keys((RequestParameters ?? {}) as Properties);
  if (length > 0) reader.note(METHOD, 'Integration.RequestParameters');
  if (!uri.includes(':function:') || uri.includes('stageVariables'))
    refuse(logicalId, `the integration ${uri}`, 'name the Lambda function itself');
  if (IntegrationHttpMethod !== 'POST')
    refuse(
      logicalId,
      `invoking a function by ${IntegrationHttpMethod ?? 'no method'}, which fails on AWS,`,
      'use POST',
    );
  if (ResponseTransferMode === 'STREAM')
    refuse(
      logicalId,
      'a streamed answer of a REST API',
      'use BUFFERED for -c stage=local, or a function URL',
    );
  const timeoutMs = Number(TimeoutInMillis ?? INTEGRATION_LIMIT_MS);
  return { kind: 'lambda', ...targetOfArn(uri), timeoutMs };
}

function methodOf({ logicalId, properties }: Resource, reader: TemplateReader): MethodModel {
  const { AuthorizationType = 'NONE', ApiKeyRequired, RequestValidatorId, Integration } = properties;
  if (AuthorizationType !== 'NONE')
    refuse(logicalId, `authorization by ${AuthorizationType}`, 'open the method for -c stage=local');
  if (RequestValidatorId !== undefined)
    refuse(logicalId, 'a request validator', 'leave it out for -c stage=local');
  if (String(ApiKeyRequired) === 'true') reader.note(METHOD, 'ApiKeyRequired');
  const integration = (Integration ?? {}) as Properties;
  switch (integration['Type']) {
    case 'AWS_PROXY':
      return lambdaOf(logicalId, integration, reader);
    case 'MOCK':
      return readMock(logicalId, integration);
    default:
      return refuse(
        logicalId,
        `an integration of type ${integration['Type']}`,
        'use a Lambda proxy integration for -c stage=local',
      );
  }
}

const METHOD_NAMES = [
  ...['ResourceId', 'HttpMethod', 'AuthorizationType', 'ApiKeyRequired', 'RequestValidatorId', 'Integration'],
];

/** The resources of all REST APIs by id, each with its path and its methods. The roots have no resource of their own. */
function readResources(reader: TemplateReader, roots: ReadonlyMap<string, string>) {
  const names = ['RestApiId', 'ParentId', 'PathPart'];
  const parts = new Map(
    reader
      .ofType(['AWS::ApiGateway::Resource'], names)
      .map(({ logicalId, properties }) => [reader.nameOf(logicalId), properties] as const),
  );
  const pathOf = (id: string): string => {
    const part = parts.get(id);
    return part === undefined ? '' : `${pathOf(String(part['ParentId']))}/${part['PathPart']}`;
  };
  const methods = new Map<string, Map<string, MethodModel>>();
  for (const method of reader.ofType([METHOD], METHOD_NAMES)) {
    const { ResourceId, HttpMethod } = method.properties;
    const id = String(ResourceId);
    const known = methods.get(id) ?? new Map<string, MethodModel>();
    methods.set(id, known.set(String(HttpMethod), methodOf(method, reader)));
  }
  return [...methods].map(([resourceId, ofResource]) => ({
    apiId: roots.get(resourceId) ?? String(parts.get(resourceId)?.['RestApiId']),
    resource: {
      resourceId,
      path: pathOf(resourceId) || '/',
      methods: ofResource,
    } satisfies RestResourceModel,
  }));
}

/** A deployment that names a stage makes it. */
function deployedStages(reader: TemplateReader, apiId: string) {
  return reader
    .ofType(['AWS::ApiGateway::Deployment'], ['RestApiId', 'StageName', 'StageDescription'])
    .filter(({ properties }) => properties['RestApiId'] === apiId && properties['StageName'] !== undefined)
    .map(({ properties }) => {
      const { Variables } = (properties['StageDescription'] ?? {}) as Properties;
      return { name: String(properties['StageName']), variables: variablesOf(Variables) };
    });
}

/** The REST APIs of the template. */
export function readRestApis(reader: TemplateReader): readonly RestApiModel[] {
  const apis = reader.ofType(['AWS::ApiGateway::RestApi'], ['BinaryMediaTypes']);
  const ids = apis.map(({ logicalId }) => reader.nameOf(logicalId));
  const resources = readResources(reader, new Map(ids.map((id) => [`${id}-root`, id])));
  const stages = readStages(reader, 'rest');
  return apis.map(({ logicalId, properties, displayName }) => {
    const { BinaryMediaTypes } = properties;
    const apiId = reader.nameOf(logicalId);
    return {
      ...{ kind: 'rest' as const, logicalId, apiId, displayName },
      resources: resources.filter((one) => one.apiId === apiId).map(({ resource }) => resource),
      stages: [...(stages.get(apiId) ?? []), ...deployedStages(reader, apiId)],
      // A template may write the slash as in a JSON pointer.
      binaryMediaTypes: textsOf(BinaryMediaTypes).map((type) => type.replace('~1', '/')),
    };
  });
}
