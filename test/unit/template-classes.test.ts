import { describe, expect, it } from 'vitest';
import type { TemplateResource } from '../../lib/local/template/assembly.ts';
import { classOf } from '../../lib/local/template/classes.ts';
import { readClasses } from '../../lib/local/template/model.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { listedNames } from '../../lib/local/template/services.ts';
import { specifiedTypes } from '../support/cdk-specification.ts';

const types = specifiedTypes();
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
    'is refused for a type that is not known: %j',
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
