import type { Resources } from '../case.ts';
import { getAtt, ref } from '../template.ts';

export const httpApi = (id: string, properties: object = {}): Resources => ({
  [id]: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: id, ProtocolType: 'HTTP', ...properties } },
});

export const stage = (apiId: string, StageName: string, variables?: object): Resources => ({
  [`${apiId}Stage${StageName.replace('$', '')}`]: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: {
      ...{ ApiId: ref(apiId), StageName, AutoDeploy: true },
      ...(variables && { StageVariables: variables }),
    },
  },
});

interface Integrated {
  readonly apiId: string;
  /** Of the integration. */
  readonly id: string;
  readonly functionId: string;
  /** Default 2.0. */
  readonly format?: '1.0' | '2.0';
  readonly more?: object;
}

/** An integration and the routes that lead to it. */
export function integrated(
  { apiId, id, functionId, format = '2.0', more = {} }: Integrated,
  routeKeys: readonly string[],
  routeProperties: object = {},
): Resources {
  const routes = routeKeys.map((RouteKey, index) => [
    `${id}Route${index}`,
    {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ...{ ApiId: ref(apiId), RouteKey, Target: { 'Fn::Sub': `integrations/\${${id}}` } },
        ...routeProperties,
      },
    },
  ]);
  return {
    [id]: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ...{ ApiId: ref(apiId), IntegrationType: 'AWS_PROXY', IntegrationUri: getAtt(functionId) },
        ...{ PayloadFormatVersion: format, ...more },
      },
    },
    ...(Object.fromEntries(routes) as Resources),
  };
}
