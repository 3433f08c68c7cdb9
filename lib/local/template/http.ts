import { functionOfArn, refuse, type TemplateReader } from './reader.ts';

export interface RouteModel {
  readonly routeKey: string;
  readonly functionName: string;
}

export interface UrlModel {
  readonly logicalId: string;
  readonly functionName: string;
  readonly authType: string;
  /** Path prefixes by fault target. */
  readonly faultTargets: Readonly<Record<string, string>>;
}

const LEAVE_OUT = 'leave it out for -c stage=local';

function readIntegrations(reader: TemplateReader): ReadonlyMap<string, string> {
  const names = ['IntegrationType', 'IntegrationUri', 'PayloadFormatVersion'];
  return new Map(
    reader.ofType(['AWS::ApiGatewayV2::Integration'], names).map(({ logicalId, properties }) => {
      const { IntegrationType, IntegrationUri, PayloadFormatVersion } = properties;
      if (IntegrationType !== 'AWS_PROXY')
        refuse(logicalId, `an integration of type ${IntegrationType}`, LEAVE_OUT);
      if (PayloadFormatVersion !== '2.0')
        refuse(logicalId, `payload format ${PayloadFormatVersion ?? 'none'}`, 'use 2.0');
      return [reader.nameOf(logicalId), functionOfArn(String(IntegrationUri))] as const;
    }),
  );
}

/** The APIs, whose addresses a template may give to its functions. */
export const readApis = (reader: TemplateReader): readonly string[] =>
  reader.ofType(['AWS::ApiGatewayV2::Api', 'AWS::ApiGateway::RestApi'], []).map(({ logicalId }) => logicalId);

/** The routes of the one HTTP API. */
export function readRoutes(reader: TemplateReader): readonly RouteModel[] {
  const apis = reader.ofType(['AWS::ApiGatewayV2::Api'], ['ProtocolType']);
  for (const { logicalId, properties } of apis) {
    if (properties['ProtocolType'] !== 'HTTP')
      refuse(logicalId, `an API of protocol ${properties['ProtocolType'] ?? 'none'}`, LEAVE_OUT);
  }
  if (apis.length > 1)
    refuse(
      apis.map(({ logicalId }) => logicalId).join(', '),
      'more than one HTTP API',
      'keep one for -c stage=local',
    );

  const integrations = readIntegrations(reader);
  return reader
    .ofType(['AWS::ApiGatewayV2::Route'], ['RouteKey', 'Target', 'AuthorizationType'])
    .map(({ logicalId, properties }) => {
      const { RouteKey, Target, AuthorizationType } = properties;
      if (AuthorizationType !== undefined && AuthorizationType !== 'NONE') {
        refuse(logicalId, `authorization by ${AuthorizationType}`, 'open the route for -c stage=local');
      }
      const functionName = integrations.get(String(Target).replace('integrations/', ''));
      if (functionName === undefined)
        return refuse(logicalId, `the target ${Target ?? 'none'}`, 'point the route at a Lambda function');
      return { routeKey: String(RouteKey), functionName };
    });
}

export function readUrls(reader: TemplateReader): readonly UrlModel[] {
  const names = ['TargetFunctionArn', 'AuthType', 'InvokeMode'];
  return reader.ofType(['AWS::Lambda::Url'], names).map(({ logicalId, properties, metadata }) => {
    const { TargetFunctionArn, AuthType, InvokeMode } = properties;
    if (InvokeMode === 'RESPONSE_STREAM') refuse(logicalId, 'response streaming', 'use InvokeMode BUFFERED');
    const fault = metadata['fibrin:fault'];
    return {
      logicalId,
      functionName: functionOfArn(String(TargetFunctionArn)),
      authType: String(AuthType),
      faultTargets: typeof fault === 'object' && fault !== null ? (fault as Record<string, string>) : {},
    };
  });
}
