import { LocalRunError } from '../problem.ts';
import type { Assembly, TemplateResource } from './assembly.ts';
import { createResolver, type References } from './intrinsics.ts';

export type Properties = Readonly<Record<string, unknown>>;

/** A resource of the template with its properties resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
  readonly metadata: Properties;
  /** Name for people: the construct's path in the stack. */
  readonly displayName: string;
}

/** Gives resources by type, what they say resolved to what it means on this machine. */
export interface TemplateReader {
  readonly stackName: string;
  readonly region: string;
  /** Types of the resources that are there, conditions applied, each as often as it is. */
  readonly types: readonly string[];
  /** With `names` only those properties are resolved: others may refer to what is not known yet. */
  ofType(types: readonly string[], names: readonly string[]): readonly Resource[];
  /** The physical name of a resource: the template's own, or the one that stands in for it. */
  nameOf(logicalId: string): string;
  arnOf(logicalId: string): string;
  /** Makes the addresses known that function URLs and queues have once they listen. */
  setUrls(urls: ReadonlyMap<string, string>): void;
}

export const ACCOUNT = '000000000000';

/** `fibrin-profile-local/GetProfile/Function/Resource` → `GetProfile`. */
export function displayNameOf(logicalId: string, resource: TemplateResource): string {
  const path = resource.Metadata?.['aws:cdk:path'];
  if (typeof path !== 'string') return logicalId;
  const parts = path.split('/').slice(1, -1);
  return (parts.at(-1) === 'Function' ? parts.slice(0, -1) : parts).join('/') || logicalId;
}

/** Stops the run for something that it would serve otherwise than AWS. */
export function refuse(logicalId: string, what: string, fix: string): never {
  throw new LocalRunError(`${logicalId}: ${what} is not run on this machine; ${fix}`);
}

/** The last part of an ARN's resource: `function:name:alias` → `name`. */
export const functionOfArn = (arn: string): string =>
  /:function:([^:/]+)/.exec(arn)?.[1] ?? arn.split(':')[0] ?? arn;

/** The property of each type that names it, and where in an ARN the name stands, if that follows from the type. */
const NAMES: Readonly<Record<string, { readonly property: string; readonly arn?: string }>> = {
  'AWS::Lambda::Function': { property: 'FunctionName', arn: 'lambda:function:' },
  'AWS::Lambda::CapacityProvider': { property: 'CapacityProviderName', arn: 'lambda:capacity-provider:' },
  'AWS::DynamoDB::Table': { property: 'TableName', arn: 'dynamodb:table/' },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', arn: 'dynamodb:table/' },
  'AWS::SQS::Queue': { property: 'QueueName', arn: 'sqs:' },
  'AWS::S3::Bucket': { property: 'BucketName' },
  'AWS::SNS::Topic': { property: 'TopicName', arn: 'sns:' },
  'AWS::Events::EventBus': { property: 'Name', arn: 'events:event-bus/' },
  'AWS::Events::Rule': { property: 'Name' },
  'AWS::Scheduler::Schedule': { property: 'Name' },
};

/** The name of a bucket has no capitals and 63 characters at most. */
const bucketName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(-63)
    .replace(/^-+/, '');

export function createReader({ stackName, template }: Assembly, region: string): TemplateReader {
  let urls: ReadonlyMap<string, string> = new Map();
  const physicalId = (logicalId: string) => `${stackName}-${logicalId}`;
  const typeOf = (logicalId: string) => template.Resources[logicalId]?.Type ?? '';

  const nameOf = (logicalId: string): string => {
    const { Properties } = template.Resources[logicalId] ?? {};
    const property = NAMES[typeOf(logicalId)]?.property;
    const name = property === undefined ? undefined : Properties?.[property];
    if (name !== undefined) return String(resolver.resolve(name));
    if (typeOf(logicalId) === 'AWS::S3::Bucket') return bucketName(physicalId(logicalId));
    // SQS knows a FIFO queue by the end of its name, SNS a topic.
    const fifo = Properties?.['FifoQueue'] === true || Properties?.['FifoTopic'] === true;
    return `${physicalId(logicalId)}${fifo ? '.fifo' : ''}`;
  };
  const arnOf = (logicalId: string): string | undefined => {
    if (typeOf(logicalId) === 'AWS::S3::Bucket') return `arn:aws:s3:::${nameOf(logicalId)}`;
    const [service, rest = ''] = NAMES[typeOf(logicalId)]?.arn?.split(/:(.*)/s) ?? [];
    return service && `arn:aws:${service}:${region}:${ACCOUNT}:${rest}${nameOf(logicalId)}`;
  };

  const references: References = {
    pseudo: {
      Region: region,
      AccountId: ACCOUNT,
      Partition: 'aws',
      URLSuffix: 'amazonaws.com',
      StackName: stackName,
      StackId: `arn:aws:cloudformation:${region}:${ACCOUNT}:stack/${stackName}/local`,
    },
    ref(logicalId) {
      const { Properties } = template.Resources[logicalId] ?? {};
      switch (typeOf(logicalId)) {
        case '':
          return undefined;
        case 'AWS::Lambda::Alias': {
          const fn = String(resolver.resolve(Properties?.['FunctionName']));
          return `arn:aws:lambda:${region}:${ACCOUNT}:function:${functionOfArn(fn)}:${Properties?.['Name']}`;
        }
        // The URL of a queue is where the local SQS has it; functions are told when it listens.
        case 'AWS::SQS::Queue':
          return urls.get(logicalId);
        case 'AWS::SNS::Topic':
          return arnOf(logicalId);
        default:
          return nameOf(logicalId);
      }
    },
    attribute(logicalId, attribute) {
      const type = typeOf(logicalId);
      if (attribute === 'Arn' && type === 'AWS::IAM::Role')
        return `arn:aws:iam::${ACCOUNT}:role/${physicalId(logicalId)}`;
      if (attribute === 'Arn') return arnOf(logicalId);
      switch (`${type}.${attribute}`) {
        case 'AWS::Lambda::Version.Version':
          return '$LATEST';
        case 'AWS::Lambda::Url.FunctionUrl':
          return urls.get(logicalId);
        case 'AWS::DynamoDB::Table.StreamArn':
        case 'AWS::DynamoDB::GlobalTable.StreamArn':
          return `${arnOf(logicalId)}/stream/local`;
        case 'AWS::S3::Bucket.DomainName':
          return `${nameOf(logicalId)}.s3.amazonaws.com`;
        case 'AWS::S3::Bucket.RegionalDomainName':
          return `${nameOf(logicalId)}.s3.${region}.amazonaws.com`;
        case 'AWS::SNS::Topic.TopicArn':
          return arnOf(logicalId);
        case 'AWS::SNS::Topic.TopicName':
        case 'AWS::SQS::Queue.QueueName':
        case 'AWS::Events::EventBus.Name':
          return nameOf(logicalId);
        default:
          return undefined;
      }
    },
  };
  const resolver = createResolver(template, references);

  const present = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || resolver.condition(Condition),
  );
  return {
    stackName,
    region,
    types: present.map(([, { Type }]) => Type),
    nameOf,
    arnOf: (logicalId) => arnOf(logicalId) ?? refuse(logicalId, 'an ARN of it', 'refer to it by name'),
    ofType: (types, names) =>
      present
        .filter(([, { Type }]) => types.includes(Type))
        .map(([logicalId, resource]) => ({
          logicalId,
          type: resource.Type,
          metadata: resource.Metadata ?? {},
          displayName: displayNameOf(logicalId, resource),
          properties: Object.fromEntries(
            names
              .filter((name) => resource.Properties?.[name] !== undefined)
              .map((name) => [name, resolver.resolve(resource.Properties?.[name])]),
          ),
        })),
    setUrls(known) {
      urls = known;
    },
  };
}
