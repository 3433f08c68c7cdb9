import { LocalRunError } from '../problem.ts';
import type { TemplateResource } from './assembly.ts';
import { brief } from './brief.ts';
import { bucketName, functionOfArn, NAMES } from './names.ts';
import { named, type Scope, type ScopeOptions } from './scopes.ts';

export interface ResourceNames extends Pick<ScopeOptions, 'ref' | 'attribute'> {
  /** The physical name of a resource: the template's own, or the one that stands in for it. */
  nameOf(scope: Scope, logicalId: string): string;
  /** Undefined where no ARN follows from the type. */
  arnOf(scope: Scope, logicalId: string): string | undefined;
  /** The logical id; where several stacks have it, with the name of its stack. */
  keyOf(scope: Scope, logicalId: string): string;
}

export interface ResourceNamesOptions extends Pick<ScopeOptions, 'region' | 'account' | 'isLeftOut'> {
  /** Those of the run, once there are any. */
  scopes(): readonly Scope[];
  runs(logicalId: string, type: string): boolean;
  /** The address of a function URL, a queue or an API by its key, once it listens. */
  urlOf(key: string): string | undefined;
  /** Takes down that a reference, `Key.Arn`, has a made-up value. */
  standsIn(reference: string): void;
}

export const physicalId = ({ stack }: Scope, logicalId: string): string => `${stack.stackName}-${logicalId}`;

const resourceOf = ({ stack: { template } }: Scope, logicalId: string): TemplateResource | undefined =>
  Object.hasOwn(template.Resources, logicalId) ? template.Resources[logicalId] : undefined;

function textOf(what: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new LocalRunError(`${what}: expected a name, got ${brief(value)}; fix it in the template`);
}

function nameOf(scope: Scope, logicalId: string): string {
  const { Type = '', Properties } = resourceOf(scope, logicalId) ?? {};
  const property = NAMES[Type]?.property;
  if (property !== undefined && Properties?.[property] !== undefined) {
    // In an object: a name may be left out by a condition.
    const what = `${logicalId}.${property}`;
    const { name } = named(what, () => scope.resolver.resolve({ name: Properties[property] })) as {
      readonly name?: unknown;
    };
    if (name !== undefined) return textOf(what, name);
  }
  if (Type === 'AWS::S3::Bucket') return bucketName(physicalId(scope, logicalId));
  // SQS knows a FIFO queue by the end of its name, SNS a topic.
  const isFifo = String(Properties?.['FifoQueue'] ?? Properties?.['FifoTopic']) === 'true';
  return `${physicalId(scope, logicalId)}${isFifo ? '.fifo' : ''}`;
}

/** What references are made of. */
interface Known
  extends Pick<ResourceNamesOptions, 'region' | 'account' | 'isLeftOut' | 'runs'>,
    Pick<ResourceNames, 'arnOf'> {
  url(scope: Scope, logicalId: string): string | undefined;
  /** A value for what does not run. */
  standIn(scope: Scope, logicalId: string, attribute: string): string;
}

function refOf(
  { region, account, arnOf, url, standIn, ...names }: Known,
  scope: Scope,
  logicalId: string,
): string | undefined {
  const { Type, Properties } = resourceOf(scope, logicalId) ?? {};
  if (Type !== undefined && names.isLeftOut(logicalId, Type)) return standIn(scope, logicalId, '');
  switch (Type) {
    case undefined:
      return undefined;
    case 'AWS::Lambda::Alias': {
      const fn = String(scope.resolver.resolve(Properties?.['FunctionName']));
      const name = String(scope.resolver.resolve(Properties?.['Name']));
      return `arn:aws:lambda:${region}:${account}:function:${functionOfArn(fn)}:${name}`;
    }
    case 'AWS::Lambda::LayerVersion':
      return `${arnOf(scope, logicalId)}:1`;
    // The URL of a queue is where the local SQS has it; functions learn it when it listens.
    case 'AWS::SQS::Queue':
      return url(scope, logicalId);
    case 'AWS::SecretsManager::Secret':
    case 'AWS::SNS::Topic':
      return arnOf(scope, logicalId);
    default:
      return names.runs(logicalId, Type) || NAMES[Type]
        ? nameOf(scope, logicalId)
        : standIn(scope, logicalId, '');
  }
}

function attributeOf(
  { region, account, arnOf, url, standIn, ...names }: Known,
  scope: Scope,
  logicalId: string,
  name: string,
): string | undefined {
  const { Type: type, Properties } = resourceOf(scope, logicalId) ?? {};
  if (type === undefined) return undefined;
  if (name === 'Arn' && type === 'AWS::IAM::Role')
    return `arn:aws:iam::${account}:role/${physicalId(scope, logicalId)}`;
  if (names.isLeftOut(logicalId, type)) return standIn(scope, logicalId, name);
  const arn = arnOf(scope, logicalId);
  if (name === 'Arn' && arn !== undefined) return arn;
  switch (`${type}.${name}`) {
    case 'AWS::Lambda::Version.Version':
      return '$LATEST';
    case 'AWS::Lambda::LayerVersion.LayerVersionArn':
      return `${arn}:1`;
    case 'AWS::Lambda::Url.FunctionUrl':
    case 'AWS::ApiGatewayV2::Api.ApiEndpoint':
    case 'AWS::SQS::Queue.QueueUrl':
      return url(scope, logicalId);
    case 'AWS::ApiGatewayV2::Api.ApiId':
    case 'AWS::ApiGateway::RestApi.RestApiId':
    case 'AWS::ApiGateway::Resource.ResourceId':
    case 'AWS::Events::EventBus.Name':
    case 'AWS::SNS::Topic.TopicName':
    case 'AWS::SQS::Queue.QueueName':
      return nameOf(scope, logicalId);
    case 'AWS::ApiGateway::RestApi.RootResourceId':
      return `${nameOf(scope, logicalId)}-root`;
    case 'AWS::DynamoDB::Table.StreamArn':
    case 'AWS::DynamoDB::GlobalTable.StreamArn':
      return `${arn}/stream/local`;
    case 'AWS::S3::Bucket.DomainName':
      return `${nameOf(scope, logicalId)}.s3.amazonaws.com`;
    case 'AWS::S3::Bucket.RegionalDomainName':
      return `${nameOf(scope, logicalId)}.s3.${region}.amazonaws.com`;
    case 'AWS::SNS::Topic.TopicArn':
      return arn;
    case 'AWS::SSM::Parameter.Value':
      return String(scope.resolver.resolve(Properties?.['Value']));
    default:
      return names.runs(logicalId, type) ? undefined : standIn(scope, logicalId, name);
  }
}

/** Names, ARNs and attributes of the resources of a run: what its references stand for on this machine. */
export function resourceNames(options: ResourceNamesOptions): ResourceNames {
  const { region, account, urlOf } = options;

  const arnOf = (scope: Scope, logicalId: string): string | undefined => {
    const { Type = '' } = resourceOf(scope, logicalId) ?? {};
    if (Type === 'AWS::S3::Bucket') return `arn:aws:s3:::${nameOf(scope, logicalId)}`;
    const [service, rest = ''] = NAMES[Type]?.arn?.split(/:(.*)/s) ?? [];
    return service && `arn:aws:${service}:${region}:${account}:${rest}${nameOf(scope, logicalId)}`;
  };
  const keyOf = (scope: Scope, logicalId: string): string =>
    options.scopes().filter((other) => resourceOf(other, logicalId)).length > 1
      ? physicalId(scope, logicalId)
      : logicalId;
  const url = (scope: Scope, logicalId: string) => urlOf(keyOf(scope, logicalId));

  const standIn = (scope: Scope, logicalId: string, attribute: string): string => {
    options.standsIn(attribute === '' ? logicalId : `${logicalId}.${attribute}`);
    const id = physicalId(scope, logicalId);
    const service = resourceOf(scope, logicalId)?.Type.split('::')[1]?.toLowerCase() ?? 'unknown';
    if (/Arn$/.test(attribute)) return `arn:aws:${service}:${region}:${account}:${id}`;
    return attribute ? `${id}-${attribute}` : id;
  };

  const known: Known = { ...options, arnOf, url, standIn };
  return {
    ...{ nameOf, arnOf, keyOf },
    ref: (scope, logicalId) => refOf(known, scope, logicalId),
    attribute: (scope, logicalId, name) => attributeOf(known, scope, logicalId, name),
  };
}
