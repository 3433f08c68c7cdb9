const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** A template with one resource of each kind that is read, with what is read of it. */
export const EVERY_RESOURCE = {
  Parameters: { Stage: { Type: 'String', Default: 'test' } },
  Conditions: { IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] } },
  Mappings: { Sizes: { test: { memory: 256 } } },
  Resources: {
    Fn: {
      Type: 'AWS::Lambda::Function',
      Condition: 'IsTest',
      Metadata: { 'aws:cdk:path': 'app/Fn/Resource' },
      Properties: {
        Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::Region}' }, S3Key: 'code.zip' },
        DeadLetterConfig: { TargetArn: arnOf('Dead') },
        Environment: {
          Variables: { TABLE: { Ref: 'Table' }, URL: { 'Fn::Join': ['/', ['a', { Ref: 'Stage' }]] } },
        },
        FunctionName: { 'Fn::Sub': ['${A}-fn', { A: { Ref: 'Stage' } }] },
        Handler: 'index.handler',
        MemorySize: { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] },
        ReservedConcurrentExecutions: 3,
        Runtime: 'nodejs24.x',
        Timeout: { 'Fn::If': ['IsTest', 5, 10] },
      },
    },
    Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Fn' }, Name: 'live' } },
    Url: { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'NONE', TargetFunctionArn: arnOf('Fn') } },
    Invoke: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Fn' },
        DestinationConfig: { OnFailure: { Destination: arnOf('Dead') } },
        MaximumRetryAttempts: 1,
      },
    },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        BatchSize: 5,
        EventSourceArn: arnOf('Queue'),
        FilterCriteria: { Filters: [{ Pattern: '{"body":{"a":[1]}}' }] },
        FunctionName: { Ref: 'Fn' },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    },
    Stream: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
        FunctionName: { Ref: 'Fn' },
        StartingPosition: 'LATEST',
      },
    },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      },
    },
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        RedrivePolicy: { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 2 },
        VisibilityTimeout: 30,
      },
    },
    Dead: { Type: 'AWS::SQS::Queue' },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'orders' } },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { Ref: 'Bus' },
        EventPattern: { source: ['a'] },
        Targets: [
          {
            Id: 'T',
            Arn: arnOf('Fn'),
            DeadLetterConfig: { Arn: arnOf('Dead') },
            InputTransformer: { InputPathsMap: { a: '$.a' }, InputTemplate: '<a>' },
            RetryPolicy: { MaximumRetryAttempts: 1 },
          },
        ],
      },
    },
    Schedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(1 minute)',
        Target: { Arn: arnOf('Fn'), Input: '{}', RetryPolicy: { MaximumRetryAttempts: 1 } },
      },
    },
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        ProtocolType: 'HTTP',
        CorsConfiguration: { AllowOrigins: ['*'], AllowCredentials: false, MaxAge: 60 },
        Target: arnOf('Fn'),
      },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ...{ IntegrationType: 'AWS_PROXY', IntegrationUri: arnOf('Fn'), PayloadFormatVersion: '2.0' },
        RequestParameters: { 'append:header.a': '$request.path.id' },
        ResponseParameters: {
          '200': { ResponseParameters: [{ Destination: 'append:header.b', Source: 'c' }] },
        },
        TimeoutInMillis: 1_000,
      },
    },
    Tokens: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Audience: ['app'], Issuer: 'https://issuer.example' },
      },
    },
    Dev: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: 'dev', StageVariables: { a: 'b' } },
    },
    Rest: { Type: 'AWS::ApiGateway::RestApi', Properties: { BinaryMediaTypes: ['image/png'] } },
    Item: {
      Type: 'AWS::ApiGateway::Resource',
      Properties: {
        RestApiId: { Ref: 'Rest' },
        ParentId: { 'Fn::GetAtt': ['Rest', 'RootResourceId'] },
        PathPart: 'a',
      },
    },
    Get: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        ...{
          RestApiId: { Ref: 'Rest' },
          ResourceId: { Ref: 'Item' },
          HttpMethod: 'GET',
          AuthorizationType: 'NONE',
        },
        Integration: {
          ...{ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', TimeoutInMillis: 9 },
          Uri: arnOf('Fn'),
        },
      },
    },
    Preflight: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        ...{ RestApiId: { Ref: 'Rest' }, ResourceId: { Ref: 'Item' }, HttpMethod: 'OPTIONS' },
        Integration: {
          Type: 'MOCK',
          RequestTemplates: { 'application/json': '{ statusCode: 200 }' },
          IntegrationResponses: [
            {
              StatusCode: '204',
              ResponseParameters: { 'method.response.header.a': "'b'" },
              ResponseTemplates: { a: 'x' },
            },
          ],
        },
      },
    },
    Live: {
      Type: 'AWS::ApiGateway::Deployment',
      Properties: {
        RestApiId: { Ref: 'Rest' },
        StageName: 'live',
        StageDescription: { Variables: { a: 'b' } },
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ...{ AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Tokens' }, AuthorizationScopes: ['a'] },
        ApiId: { Ref: 'Api' },
        RouteKey: 'GET /',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
      },
    },
  },
};
