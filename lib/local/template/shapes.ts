import { isRecord } from '../../core/property.ts';
import { LocalRunError } from '../problem.ts';
import { brief } from './brief.ts';

/**
 * The form of a value that has been resolved. A trailing `!` says that it has to be there. An object lists the members that are
 * honoured; `map` has members of any name.
 */
type Shape = Kind | `${Kind}!` | { readonly [member: string]: Shape };
type Kind = 'text' | 'number' | 'boolean' | 'map' | 'list' | 'texts' | 'any';

const DELIVERY: Shape = {
  DeadLetterConfig: { Arn: 'text!' },
  RetryPolicy: { MaximumRetryAttempts: 'number', MaximumEventAgeInSeconds: 'number' },
};
const ON: Shape = { OnFailure: { Destination: 'text!' }, OnSuccess: { Destination: 'text!' } };
const CORS: Shape = {
  AllowCredentials: 'boolean',
  AllowHeaders: 'texts',
  AllowMethods: 'texts',
  AllowOrigins: 'texts',
  ExposeHeaders: 'texts',
  MaxAge: 'number',
};
const TABLE: Readonly<Record<string, Shape>> = {
  AttributeDefinitions: 'list',
  GlobalSecondaryIndexes: 'list',
  KeySchema: 'list!',
  LocalSecondaryIndexes: 'list',
  StreamSpecification: { StreamViewType: 'text!' },
  TimeToLiveSpecification: { AttributeName: 'text', Enabled: 'boolean!' },
};

/** By type and property, for those that are read. CloudFormation takes numbers and booleans as text too. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  'AWS::ApiGateway::Deployment': {
    StageDescription: { Description: 'text', Variables: 'map' },
    StageName: 'text',
  },
  'AWS::ApiGateway::Method': {
    ApiKeyRequired: 'boolean',
    AuthorizationType: 'text',
    HttpMethod: 'text!',
    Integration: {
      IntegrationHttpMethod: 'text',
      IntegrationResponses: 'list',
      RequestParameters: 'map',
      RequestTemplates: 'map',
      ResponseTransferMode: 'text',
      TimeoutInMillis: 'number',
      Type: 'text!',
      Uri: 'text',
    },
    ResourceId: 'text!',
  },
  'AWS::ApiGateway::Resource': { ParentId: 'text!', PathPart: 'text!' },
  'AWS::ApiGateway::RestApi': { BinaryMediaTypes: 'texts' },
  'AWS::ApiGateway::Stage': { StageName: 'text', Variables: 'map' },
  'AWS::ApiGatewayV2::Api': {
    CorsConfiguration: CORS,
    ProtocolType: 'text',
    RouteKey: 'text',
    Target: 'text',
  },
  'AWS::ApiGatewayV2::Authorizer': {
    AuthorizerType: 'text!',
    IdentitySource: 'texts',
    JwtConfiguration: { Audience: 'texts', Issuer: 'text!' },
  },
  'AWS::ApiGatewayV2::Integration': {
    IntegrationType: 'text!',
    IntegrationUri: 'text',
    PayloadFormatVersion: 'text',
    RequestParameters: 'map',
    ResponseParameters: 'map',
    TimeoutInMillis: 'number',
  },
  'AWS::ApiGatewayV2::Route': {
    AuthorizationScopes: 'texts',
    AuthorizationType: 'text',
    RouteKey: 'text!',
    Target: 'text',
  },
  'AWS::ApiGatewayV2::Stage': { StageName: 'text!', StageVariables: 'map' },
  'AWS::DynamoDB::GlobalTable': TABLE,
  'AWS::DynamoDB::Table': TABLE,
  'AWS::Events::Rule': {
    EventBusName: 'text',
    EventPattern: 'map',
    ScheduleExpression: 'text',
    State: 'text',
    Targets: 'list',
  },
  'AWS::Lambda::Alias': {
    FunctionName: 'text!',
    Name: 'text!',
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 'number!' },
  },
  'AWS::Lambda::EventInvokeConfig': {
    DestinationConfig: ON,
    FunctionName: 'text!',
    MaximumEventAgeInSeconds: 'number',
    MaximumRetryAttempts: 'number',
  },
  'AWS::Lambda::EventSourceMapping': {
    BatchSize: 'number',
    BisectBatchOnFunctionError: 'boolean',
    DestinationConfig: ON,
    Enabled: 'boolean',
    EventSourceArn: 'text!',
    FilterCriteria: { Filters: 'list' },
    FunctionName: 'text!',
    FunctionResponseTypes: 'texts',
    MaximumBatchingWindowInSeconds: 'number',
    MaximumRecordAgeInSeconds: 'number',
    MaximumRetryAttempts: 'number',
    ParallelizationFactor: 'number',
    ScalingConfig: { MaximumConcurrency: 'number' },
    StartingPosition: 'text',
    TumblingWindowInSeconds: 'number',
  },
  'AWS::Lambda::Function': {
    CapacityProviderConfig: 'map',
    Code: 'map!',
    DeadLetterConfig: { TargetArn: 'text' },
    Environment: { Variables: 'map' },
    Handler: 'text',
    Layers: 'texts',
    MemorySize: 'number',
    ReservedConcurrentExecutions: 'number',
    Runtime: 'text',
    Timeout: 'number',
  },
  'AWS::Lambda::LayerVersion': { Content: 'map!' },
  'AWS::Lambda::Url': { AuthType: 'text!', Cors: CORS, InvokeMode: 'text', TargetFunctionArn: 'text!' },
  'AWS::S3::Bucket': { BucketName: 'text', NotificationConfiguration: 'map' },
  'AWS::SNS::Subscription': {
    Endpoint: 'text',
    FilterPolicy: 'any',
    FilterPolicyScope: 'text',
    Protocol: 'text!',
    RawMessageDelivery: 'boolean',
    RedrivePolicy: 'any',
    TopicArn: 'text!',
  },
  'AWS::SNS::Topic': { ContentBasedDeduplication: 'boolean', FifoTopic: 'boolean', Subscription: 'list' },
  'AWS::SQS::Queue': {
    ContentBasedDeduplication: 'boolean',
    DelaySeconds: 'number',
    FifoQueue: 'boolean',
    MessageRetentionPeriod: 'number',
    ReceiveMessageWaitTimeSeconds: 'number',
    RedrivePolicy: { deadLetterTargetArn: 'text!', maxReceiveCount: 'number!' },
    VisibilityTimeout: 'number',
  },
  'AWS::SSM::Parameter': { Type: 'text', Value: 'text!' },
  'AWS::SecretsManager::Secret': { SecretString: 'text' },
  'Custom::S3BucketNotifications': { BucketName: 'text!', NotificationConfiguration: 'map' },
  'AWS::Scheduler::Schedule': {
    EndDate: 'text',
    GroupName: 'text',
    ScheduleExpression: 'text!',
    ScheduleExpressionTimezone: 'text',
    StartDate: 'text',
    State: 'text',
    Target: {
      Arn: 'text!',
      Input: 'text',
      RoleArn: 'text',
      SqsParameters: { MessageGroupId: 'text' },
      ...DELIVERY,
    },
  },
};

/** The members of lists whose members have a form of their own. */
const MEMBERS: Readonly<Record<string, Shape>> = {
  'AWS::ApiGateway::Method.Integration.IntegrationResponses': {
    ResponseParameters: 'map',
    ResponseTemplates: 'map',
    SelectionPattern: 'text',
    StatusCode: 'number!',
  },
  'AWS::Events::Rule.Targets': 'map!',
  'AWS::SNS::Topic.Subscription': { Endpoint: 'text', Protocol: 'text!' },
  'AWS::Lambda::EventSourceMapping.FilterCriteria.Filters': { Pattern: 'text!' },
};

/** Objects that have to be there. */
const REQUIRED = new Set(['AWS::ApiGateway::Method.Integration', 'AWS::Scheduler::Schedule.Target']);

const EXPECTED: Readonly<Record<Kind, string>> = {
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  map: 'an object',
  list: 'a list',
  texts: 'a list of text',
  any: 'a value',
};

/** Undefined where it is none of that kind. */
function asKind(kind: Kind, value: unknown): unknown {
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  switch (kind) {
    case 'text':
      return scalar ? String(value) : undefined;
    case 'number':
      return scalar &&
        String(value).trim() !== '' &&
        Number.isFinite(Number(value)) &&
        value !== true &&
        value !== false
        ? Number(value)
        : undefined;
    case 'boolean':
      return String(value) === 'true' ? true : String(value) === 'false' ? false : undefined;
    case 'map':
      return isRecord(value) ? value : undefined;
    case 'list':
      return Array.isArray(value) ? value : undefined;
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
    case 'any':
      return value;
  }
}

interface Checked {
  /** The type, then the path to the property: how it is known to every resource of that type. */
  readonly path: string;
  /** The logical id, then the path. */
  readonly name: string;
  /** Told of each member that is not honoured, by its path. */
  unknown(path: string): void;
}

function shaped(shape: Shape, value: unknown, at: Checked): unknown {
  if (typeof shape === 'string') {
    const kind = shape.replace('!', '') as Kind;
    if (value === undefined && !shape.endsWith('!')) return undefined;
    const taken = value === undefined ? undefined : asKind(kind, value);
    if (taken === undefined) {
      throw new LocalRunError(
        `${at.name}: expected ${EXPECTED[kind]}, got ${brief(value)}; mend it in the template`,
      );
    }
    const member = MEMBERS[at.path];
    if (!member || !Array.isArray(taken)) return taken;
    return taken.map((one, index) =>
      shaped(member, one, { ...at, path: `${at.path}[]`, name: `${at.name}.${index}` }),
    );
  }
  if (value === undefined && !REQUIRED.has(at.path)) return undefined;
  if (!isRecord(value))
    throw new LocalRunError(`${at.name}: expected an object, got ${brief(value)}; mend it in the template`);
  for (const name of Object.keys(value)) if (!Object.hasOwn(shape, name)) at.unknown(`${at.path}.${name}`);
  const members = Object.entries(shape).map(([name, member]) => {
    const below = { ...at, path: `${at.path}.${name}`, name: `${at.name}.${name}` };
    return [name, shaped(member, value[name], below)] as const;
  });
  return { ...value, ...Object.fromEntries(members.filter(([, member]) => member !== undefined)) };
}

/**
 * The value of a property in the form that its readers expect.
 * @throws {LocalRunError} where it has another one.
 */
export function shapedProperty(
  resource: { readonly logicalId: string; readonly type: string },
  property: string,
  value: unknown,
  unknown: (path: string) => void,
): unknown {
  const shape = Object.hasOwn(SHAPES, resource.type) ? SHAPES[resource.type]?.[property] : undefined;
  if (shape === undefined) return value;
  const at = { path: `${resource.type}.${property}`, name: `${resource.logicalId}.${property}`, unknown };
  return shaped(shape, value, at);
}
