import type { PropertyShapes } from '../shape.ts';
import { CORS } from './cors.ts';

const FOR_PEOPLE = 'unnoticed: it is for people';
const DECLARED = 'unnoticed: validators alone check it, and they are refused';
const DEPLOYED = 'unnoticed: an API is as its template says';
const DEFINITION = 'refused: define its routes and methods as resources';

export const API_SHAPES: Readonly<Record<string, PropertyShapes>> = {
  'AWS::ApiGateway::Deployment': {
    Description: FOR_PEOPLE,
    RestApiId: 'text',
    StageDescription: { Description: FOR_PEOPLE, Variables: 'map' },
    StageName: 'text',
  },
  'AWS::ApiGateway::Method': {
    ApiKeyRequired: 'boolean',
    AuthorizationType: 'text',
    HttpMethod: 'text!',
    Integration: {
      IntegrationHttpMethod: 'text',
      IntegrationResponses: [
        {
          ResponseParameters: 'map',
          ResponseTemplates: 'map',
          SelectionPattern: 'text',
          StatusCode: 'number!',
        },
      ],
      RequestParameters: 'map',
      RequestTemplates: 'map',
      ResponseTransferMode: 'text',
      TimeoutInMillis: 'number',
      Type: 'text!',
      Uri: 'text',
    },
    MethodResponses: DECLARED,
    OperationName: FOR_PEOPLE,
    RequestModels: DECLARED,
    RequestParameters: DECLARED,
    RequestValidatorId: 'text',
    ResourceId: 'text!',
    RestApiId: 'unnoticed: its resource belongs to the API',
  },
  'AWS::ApiGateway::Resource': { ParentId: 'text!', PathPart: 'text!', RestApiId: 'text' },
  'AWS::ApiGateway::RestApi': {
    BinaryMediaTypes: 'texts',
    Body: DEFINITION,
    BodyS3Location: DEFINITION,
    Description: FOR_PEOPLE,
    Name: FOR_PEOPLE,
  },
  'AWS::ApiGateway::Stage': {
    DeploymentId: DEPLOYED,
    Description: FOR_PEOPLE,
    RestApiId: 'text',
    StageName: 'text',
    Variables: 'map',
  },
  'AWS::ApiGatewayV2::Api': {
    Body: DEFINITION,
    BodyS3Location: DEFINITION,
    CorsConfiguration: CORS,
    Description: FOR_PEOPLE,
    Name: FOR_PEOPLE,
    ProtocolType: 'text',
    RouteKey: 'text',
    Target: 'text',
  },
  'AWS::ApiGatewayV2::Authorizer': {
    ApiId: 'unnoticed: a route names its authorizer',
    AuthorizerType: 'text!',
    IdentitySource: 'texts',
    JwtConfiguration: { Audience: 'texts', Issuer: 'text!' },
    Name: FOR_PEOPLE,
  },
  'AWS::ApiGatewayV2::Integration': {
    ApiId: 'unnoticed: a route names its integration',
    Description: FOR_PEOPLE,
    IntegrationType: 'text!',
    IntegrationUri: 'text',
    PayloadFormatVersion: 'text',
    RequestParameters: 'map',
    ResponseParameters: 'map',
    TimeoutInMillis: 'number',
  },
  'AWS::ApiGatewayV2::Route': {
    ApiId: 'text',
    AuthorizationScopes: 'texts',
    AuthorizationType: 'text',
    AuthorizerId: 'text',
    RouteKey: 'text!',
    Target: 'text',
  },
  'AWS::ApiGatewayV2::Stage': {
    ApiId: 'text',
    AutoDeploy: DEPLOYED,
    DeploymentId: DEPLOYED,
    Description: FOR_PEOPLE,
    StageName: 'text!',
    StageVariables: 'map',
  },
};
