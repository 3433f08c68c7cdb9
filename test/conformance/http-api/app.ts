import { fileURLToPath } from 'node:url';
import type { ConformanceApp, TemplateResource } from '../case.ts';
import { fn, getAtt, permission, ref } from '../template.ts';
import { ROUTE_CASES } from './routes.ts';

const handlers = (name: string): string => fileURLToPath(new URL(`../handlers/${name}.ts`, import.meta.url));

const integration = (functionId: string, more: object = {}): TemplateResource => ({
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: {
    ...{ ApiId: ref('Api'), IntegrationType: 'AWS_PROXY', IntegrationUri: getAtt(functionId) },
    ...{ PayloadFormatVersion: '2.0', ...more },
  },
});
const route = (RouteKey: string, integrationId: string, more: object = {}): TemplateResource => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ...{ ApiId: ref('Api'), RouteKey, Target: { 'Fn::Sub': `integrations/\${${integrationId}}` } },
    ...more,
  },
});

export const HTTP_API_APP: ConformanceApp = {
  name: 'http-api',
  resources: {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'conformance', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: ref('Api'), StageName: '$default', AutoDeploy: true },
    },
    Echo: fn({ handler: 'echo.handler' }),
    EchoPermission: permission('Echo', 'apigateway'),
    EchoIntegration: integration('Echo'),
    GetPet: route('GET /pets/{id}', 'EchoIntegration'),
    GetDog: route('GET /pets/dog/1', 'EchoIntegration'),
    AnyProxy: route('ANY /{proxy+}', 'EchoIntegration'),
  },
  addresses: { Api: { api: 'Api' } },
  code: { echo: handlers('echo') },
  cases: ROUTE_CASES,
};
