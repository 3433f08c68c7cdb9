import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TemplateResource } from '../../lib/local/template/assembly.ts';
import { classOf } from '../../lib/local/template/classes.ts';
import { readClasses, readModel } from '../../lib/local/template/model.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { listedNames } from '../../lib/local/template/services.ts';

const LIBRARY = dirname(fileURLToPath(import.meta.resolve('aws-cdk-lib')));

/** Every type of which the CDK has a class, with the properties that it takes. */
function typesOfTheCdk(): ReadonlyMap<string, readonly string[]> {
  const types = new Map<string, readonly string[]>();
  for (const module of readdirSync(LIBRARY)) {
    const folder = join(LIBRARY, module, 'lib');
    if (!/^(aws-|alexa-|core$)/.test(module)) continue;
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.generated.d.ts'))) {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [, type = ''] of text.matchAll(/@cloudformationResource (\S+)/g)) {
        const props = `export interface Cfn${type.split('::')[2]}Props `;
        const body = text.includes(props) ? (text.split(props)[1]?.split('\n}')[0] ?? '') : '';
        const names = [...body.matchAll(/^ {4}readonly (\w+)\??:/gm)].map(([, name = '']) => name);
        types.set(type, [
          ...(types.get(type) ?? []),
          ...names.map((name) => name[0]?.toUpperCase() + name.slice(1)),
        ]);
      }
    }
  }
  return types;
}

const types = typesOfTheCdk();
const classes = new Map([...types.keys()].map((type) => [type, classOf(type)]));

describe('the class of a resource type', () => {
  it('is there for every type that the CDK knows, with a reason where it does not run', () => {
    expect(types.size).toBeGreaterThan(1_500);
    for (const [type, { kind, ...more }] of classes) {
      expect(type.startsWith('AWS::') || type.startsWith('Alexa::'), type).toBe(true);
      expect(['run', 'ignored', 'refused'], type).toContain(kind);
      if (kind !== 'run') expect((more as { why: string }).why, type).toMatch(/\w{3}/);
    }
  });

  it.each([
    ['run', ['Lambda::Function', 'SQS::Queue', 'DynamoDB::GlobalTable', 'CloudFormation::Stack']],
    [
      'ignored',
      [
        ...['CloudWatch::Alarm', 'CloudWatch::Dashboard', 'Logs::MetricFilter', 'KMS::Key', 'KMS::Alias'],
        ...[
          'ApiGatewayV2::DomainName',
          'Route53::RecordSet',
          'CertificateManager::Certificate',
          'WAFv2::WebACL',
        ],
        ...['ApplicationAutoScaling::ScalableTarget', 'Events::Archive', 'EC2::VPC', 'EC2::SecurityGroup'],
        ...[
          'EC2::VPCEndpoint',
          'SNS::TopicPolicy',
          'S3::BucketPolicy',
          'IAM::User',
          'CodeDeploy::Application',
        ],
      ],
    ],
    [
      'refused',
      [
        ...[
          'StepFunctions::StateMachine',
          'RDS::DBInstance',
          'EC2::Instance',
          'Kinesis::Stream',
          'Cognito::UserPool',
        ],
        ...[
          'AppConfig::Application',
          'ElastiCache::CacheCluster',
          'Logs::SubscriptionFilter',
          'CloudFormation::CustomResource',
        ],
        ...[
          'ECS::Service',
          'Serverless::Function',
          'CloudFront::Function',
          'Pipes::Pipe',
          'AppSync::GraphQLApi',
        ],
      ],
    ],
  ])('is %s where that is what the type does to running code', (kind, names) => {
    for (const name of names) expect([name, classOf(`AWS::${name}`).kind]).toEqual([name, kind]);
  });

  it('of a custom resource follows from what the CDK makes with it, else it is refused', () => {
    expect(classOf('Custom::LogRetention').kind).toBe('ignored');
    expect(classOf('Custom::VpcRestrictDefaultSG').kind).toBe('ignored');
    expect(classOf('Custom::MyOwn')).toEqual({
      kind: 'refused',
      why: 'what makes it runs when AWS deploys it',
    });
  });

  it.each(['AWS::New::Thing', 'AWS::New', 'constructor', 'AWS::toString::x', 'Third::Party::Type', ''])(
    'is refused for a type that nobody knows: %j',
    (type) => expect(classOf(type).kind).toBe('refused'),
  );

  it('is listed under no name that the CDK does not know', () => {
    const services = new Set([...types.keys()].map((type) => type.split('::')[1]));
    const unknown = listedNames.filter(
      (name) => !name.startsWith('Custom::') && !services.has(name) && !types.has(`AWS::${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('names the resources', () => {
    const resource: TemplateResource = { Type: 'AWS::RDS::DBInstance' };
    const stack = {
      stackName: 'app',
      template: { Resources: { A: resource, B: resource } },
      assetFolder: () => undefined,
    };
    expect(readClasses(createReader(stack, 'eu-west-1'))).toEqual([
      { type: resource.Type, count: 2, class: classOf(resource.Type), logicalIds: ['A', 'B'] },
    ]);
  });
});

const ARN = 'arn:aws:sqs:eu-west-1:000000000000:q';
/** What is required, for the readers to get that far. */
const REQUIRED: Readonly<Record<string, object>> = {
  'AWS::ApiGateway::Method': {
    HttpMethod: 'GET',
    ResourceId: 'root',
    Integration: {
      ...{ Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' },
      Uri: 'arn:aws:lambda:eu-west-1:000000000000:function:fn',
    },
  },
  'AWS::ApiGateway::Resource': { ParentId: 'root', PathPart: 'a' },
  'AWS::ApiGatewayV2::Api': { ProtocolType: 'HTTP' },
  'AWS::ApiGatewayV2::Authorizer': {
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
    JwtConfiguration: { Issuer: 'https://issuer.example' },
  },
  'AWS::ApiGatewayV2::Stage': { StageName: 'dev' },
  'AWS::ApiGatewayV2::Integration': {
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: 'arn:aws:lambda:eu-west-1:000000000000:function:fn',
    PayloadFormatVersion: '2.0',
  },
  'AWS::ApiGatewayV2::Route': { RouteKey: '$default', Target: 'integrations/app-AWSApiGatewayV2Integration' },
  'AWS::CloudFormation::Stack': { TemplateURL: 'https://s3/bucket/nested.json' },
  'AWS::DynamoDB::GlobalTable': { KeySchema: [] },
  'AWS::DynamoDB::Table': { KeySchema: [] },
  'AWS::Lambda::Alias': { FunctionName: 'fn', Name: 'live' },
  'AWS::Lambda::EventInvokeConfig': { FunctionName: 'fn' },
  'AWS::Lambda::EventSourceMapping': { FunctionName: 'fn', EventSourceArn: ARN },
  'AWS::Lambda::Function': { Code: { S3Key: 'code.zip' }, Runtime: 'nodejs24.x', Handler: 'index.handler' },
  'AWS::Lambda::LayerVersion': { Content: { S3Key: 'layer.zip' } },
  'AWS::Lambda::Url': { AuthType: 'NONE', TargetFunctionArn: 'fn' },
  'AWS::SNS::Subscription': { Protocol: 'sqs', TopicArn: { Ref: 'AWSSNSTopic' } },
  'AWS::SSM::Parameter': { Value: 'x' },
  'AWS::Scheduler::Schedule': { ScheduleExpression: 'rate(1 minute)', Target: { Arn: ARN } },
};

describe('a property of a type that runs', () => {
  const running = [...classes].filter(([, { kind }]) => kind === 'run').map(([type]) => type);
  const idOf = (type: string) => type.replaceAll('::', '');
  const Resources = Object.fromEntries(
    running.map((type) => {
      // There, and without a value: what reads it finds nothing.
      const all = (types.get(type) ?? []).map((name) => [name, { Ref: 'AWS::NoValue' }]);
      return [idOf(type), { Type: type, Properties: { ...Object.fromEntries(all), ...REQUIRED[type] } }];
    }),
  );
  // That of a nested stack is read from a file.
  const { AWSCloudFormationStack: _, ...others } = Resources;
  const stack = { stackName: 'app', template: { Resources: others as never }, assetFolder: () => '/code' };
  const reader = createReader(stack, 'eu-west-1');
  const model = readModel([stack], reader);
  for (const fn of model.functions) model.environmentOf(fn, new Map());
  model.storedValues(new Map());
  const { notHonoured } = reader.remarks();

  it.each(running.filter((type) => type !== 'AWS::CloudFormation::Stack'))(
    '%s is honoured or named',
    (type) => {
      const names = types.get(type) ?? [];
      const named = notHonoured.get(type) ?? [];
      expect(names.length).toBeGreaterThan(0);
      expect(names).toEqual(expect.arrayContaining([...named]));
      // Where nothing were read, the type would not run.
      expect(named.length).toBeLessThan(names.length);
    },
  );

  it('is named once, below a property that is honoured too', () => {
    const of = (Properties: object) => {
      const fn = {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: 'fn', ...Properties },
      };
      const two = {
        stackName: 'app',
        template: { Resources: { A: fn, B: fn } },
        assetFolder: () => undefined,
      };
      const own = createReader(two, 'eu-west-1');
      readModel([two], own);
      return [...own.remarks().notHonoured];
    };
    const Destination = 'arn:aws:sqs:eu-west-1:000000000000:q';
    expect(
      of({ Qualifier: 'live', DestinationConfig: { OnFailure: { Destination, Format: 'x' }, OnRetry: {} } }),
    ).toEqual([
      [
        'AWS::Lambda::EventInvokeConfig',
        ['DestinationConfig.OnFailure.Format', 'DestinationConfig.OnRetry', 'Qualifier'],
      ],
    ]);
  });
});
