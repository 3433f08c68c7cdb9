import type { ConformanceApp, Resources } from '../case.ts';
import { handlerFile } from '../handler-file.ts';
import { fn, getAtt, permission, ref } from '../template.ts';
import { REST_ANSWER_CASES } from './answers.ts';
import { BINARY_CASES } from './binary.ts';
import { REST_EVENT_CASES } from './events.ts';

const lambda = (functionId: string, more: object = {}): object => ({
  ...{ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', ...more },
  Uri: {
    'Fn::Sub': `arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${functionId}.Arn}/invocations`,
  },
});

const PREFLIGHT = {
  'method.response.header.Access-Control-Allow-Origin': "'*'",
  'method.response.header.Access-Control-Allow-Methods': "'OPTIONS,POST,GET'",
  'method.response.header.Access-Control-Allow-Headers': "'Content-Type'",
};
const MOCK = {
  Type: 'MOCK',
  RequestTemplates: { 'application/json': '{ "statusCode": 204 }' },
  IntegrationResponses: [{ StatusCode: '204', ResponseParameters: PREFLIGHT }],
};
const MOCK_RESPONSES = [
  {
    StatusCode: '204',
    ResponseParameters: Object.fromEntries(Object.keys(PREFLIGHT).map((name) => [name, true])),
  },
];

interface Method {
  readonly resourceId?: string;
  readonly method: string;
  readonly integration: object;
  readonly responses?: readonly object[];
}

/** An API, its resources by id with parent and part of the path, its methods, and a deployment of them all. */
function restApi(
  id: string,
  parts: Readonly<Record<string, readonly [parent: string | undefined, part: string]>>,
  methods: readonly Method[],
  properties: object = {},
): Resources {
  const resourceRef = (part: string | undefined) =>
    part === undefined ? getAtt(id, 'RootResourceId') : ref(`${id}${part}`);
  const resources = Object.entries(parts).map(([name, [parent, PathPart]]) => [
    `${id}${name}`,
    {
      Type: 'AWS::ApiGateway::Resource',
      Properties: { RestApiId: ref(id), ParentId: resourceRef(parent), PathPart },
    },
  ]);
  const all = methods.map(({ resourceId, method, integration, responses }, index) => [
    `${id}Method${index}`,
    {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        ...{ RestApiId: ref(id), ResourceId: resourceRef(resourceId), HttpMethod: method },
        ...{ AuthorizationType: 'NONE', Integration: integration },
        ...(responses && { MethodResponses: responses }),
      },
    },
  ]);
  return {
    [id]: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: id, ...properties } },
    ...(Object.fromEntries([...resources, ...all]) as Resources),
    [`${id}Deployment`]: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: all.map(([name]) => String(name)),
      Properties: { RestApiId: ref(id) },
    },
  };
}

const restStage = (apiId: string, StageName: string, Variables?: object): Resources => ({
  [`${apiId}Stage${StageName}`]: {
    Type: 'AWS::ApiGateway::Stage',
    Properties: {
      ...{ RestApiId: ref(apiId), DeploymentId: ref(`${apiId}Deployment`), StageName },
      ...(Variables && { Variables }),
    },
  },
});

const COMMON_PARTS = {
  Echo: [undefined, 'echo'],
  Proxy: ['Echo', '{proxy+}'],
  Answer: [undefined, 'answer'],
} as const;
const COMMON_METHODS = [
  { resourceId: 'Proxy', method: 'ANY', integration: lambda('Echo') },
  { resourceId: 'Answer', method: 'ANY', integration: lambda('Answer') },
];

export const REST_API_APP: ConformanceApp = {
  name: 'rest-api',
  resources: {
    Echo: fn({ handler: 'echo.handler' }),
    EchoPermission: permission('Echo', 'apigateway'),
    Answer: fn({ handler: 'answer.handler' }),
    AnswerPermission: permission('Answer', 'apigateway'),
    Closed: fn({ handler: 'answer.handler', more: { ReservedConcurrentExecutions: 0 } }),
    ClosedPermission: permission('Closed', 'apigateway'),
    ...restApi(
      'Rest',
      {
        ...COMMON_PARTS,
        Late: [undefined, 'late'],
        Closed: [undefined, 'closed'],
        Shelves: [undefined, 'shelves'],
        NewShelf: ['Shelves', 'new'],
        Shelf: ['Shelves', '{shelf}'],
        Books: ['Shelf', 'books'],
        Book: ['Books', '{book}'],
      },
      [
        ...COMMON_METHODS,
        { resourceId: 'Late', method: 'POST', integration: lambda('Answer', { TimeoutInMillis: 500 }) },
        { resourceId: 'Closed', method: 'POST', integration: lambda('Closed') },
        { resourceId: 'Shelves', method: 'GET', integration: lambda('Echo') },
        { resourceId: 'Shelves', method: 'OPTIONS', integration: MOCK, responses: MOCK_RESPONSES },
        { resourceId: 'NewShelf', method: 'GET', integration: lambda('Echo') },
        { resourceId: 'Shelf', method: 'ANY', integration: lambda('Echo') },
        { resourceId: 'Shelf', method: 'POST', integration: lambda('Answer') },
        { resourceId: 'Book', method: 'GET', integration: lambda('Echo') },
      ],
    ),
    ...restStage('Rest', 'live', { colour: 'green' }),
    ...restStage('Rest', 'other', { colour: 'red' }),
    ...restApi('Binary', COMMON_PARTS, COMMON_METHODS, { BinaryMediaTypes: ['image/png'] }),
    ...restStage('Binary', 'live'),
    ...restApi('AnyBinary', COMMON_PARTS, COMMON_METHODS, { BinaryMediaTypes: ['*/*'] }),
    ...restStage('AnyBinary', 'live'),
  },
  addresses: {
    Rest: { api: 'Rest', stage: 'live' },
    Other: { api: 'Rest', stage: 'other' },
    Binary: { api: 'Binary', stage: 'live' },
    AnyBinary: { api: 'AnyBinary', stage: 'live' },
  },
  code: { echo: handlerFile('echo'), answer: handlerFile('answer') },
  cases: [...REST_EVENT_CASES, ...REST_ANSWER_CASES, ...BINARY_CASES],
};
