import type { TemplateResource } from './assembly.ts';

/** The property of each type that names it, and where in an ARN the name stands, if that follows from the type. */
export const NAMES: Readonly<Record<string, { readonly property: string; readonly arn?: string }>> = {
  'AWS::Lambda::Function': { property: 'FunctionName', arn: 'lambda:function:' },
  'AWS::Lambda::LayerVersion': { property: 'LayerName', arn: 'lambda:layer:' },
  'AWS::Lambda::CapacityProvider': { property: 'CapacityProviderName', arn: 'lambda:capacity-provider:' },
  'AWS::DynamoDB::Table': { property: 'TableName', arn: 'dynamodb:table/' },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', arn: 'dynamodb:table/' },
  'AWS::SQS::Queue': { property: 'QueueName', arn: 'sqs:' },
  'AWS::S3::Bucket': { property: 'BucketName' },
  'AWS::SNS::Topic': { property: 'TopicName', arn: 'sns:' },
  'AWS::Events::EventBus': { property: 'Name', arn: 'events:event-bus/' },
  'AWS::Events::Rule': { property: 'Name' },
  'AWS::ApiGateway::Stage': { property: 'StageName' },
  'AWS::ApiGatewayV2::Stage': { property: 'StageName' },
  'AWS::Scheduler::Schedule': { property: 'Name' },
  'AWS::Scheduler::ScheduleGroup': { property: 'Name' },
  'AWS::SecretsManager::Secret': { property: 'Name', arn: 'secretsmanager:secret:' },
  'AWS::SSM::Parameter': { property: 'Name', arn: 'ssm:parameter/' },
};

/** The name of a bucket has no capitals and 63 characters at most. */
export const bucketName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(-63)
    .replace(/^-+/, '');

/** The last part of an ARN's resource: `function:name:alias` → `name`. */
export const functionOfArn = (arn: string): string =>
  /:function:([^:/]+)/.exec(arn)?.[1] ?? arn.split(':')[0] ?? arn;

/** `fibrin-profile-local/GetProfile/Function/Resource` → `GetProfile`. */
export function displayNameOf(logicalId: string, resource: TemplateResource, stackPath = ''): string {
  const path = resource.Metadata?.['aws:cdk:path'];
  if (typeof path !== 'string') return logicalId;
  const parts = path.split('/').slice(Math.max(1, stackPath.split('/').length), -1);
  return (parts.at(-1) === 'Function' ? parts.slice(0, -1) : parts).join('/') || logicalId;
}

/** A function as it is invoked: by its name alone, or by an alias. */
export interface FunctionTarget {
  readonly functionName: string;
  readonly qualifier?: string;
}

/** The function that an ARN, or the path of an invocation with one, leads to. */
export function targetOfArn(arn: string): FunctionTarget {
  const qualifier = /:function:[^:/]+:([^:/]+)/.exec(arn)?.[1];
  return { functionName: functionOfArn(arn), ...(qualifier !== undefined && { qualifier }) };
}
