import { classInService } from './services.ts';

/** What the local run does with a resource: run it, leave it out for a reason, or refuse to start. */
export type ResourceClass =
  | { readonly kind: 'run' }
  | { readonly kind: 'ignored'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

const RUN: ResourceClass = { kind: 'run' };
const ignored = (why: string): ResourceClass => ({ kind: 'ignored', why });

const NO_PERMISSIONS = 'permissions are not checked on this machine';
const NO_ALARMS = 'alarms are not evaluated on this machine';
const NO_API_KEYS = 'API keys are not asked for on this machine, and nothing is counted by them';
const NOT_VALIDATED = 'a method that validates its requests is refused; nothing else uses it';
const NO_BUS_LOG = 'the log of a bus is not written';

const CLASSES: Readonly<Record<string, ResourceClass>> = {
  'AWS::Lambda::Function': RUN,
  'AWS::Lambda::Alias': RUN,
  'AWS::Lambda::LayerVersion': RUN,
  'AWS::Lambda::Url': RUN,
  'AWS::ApiGatewayV2::Api': RUN,
  'AWS::ApiGatewayV2::Integration': RUN,
  'AWS::ApiGatewayV2::Route': RUN,
  'AWS::ApiGatewayV2::Stage': RUN,
  'AWS::ApiGatewayV2::Authorizer': RUN,
  'AWS::ApiGateway::RestApi': RUN,
  'AWS::ApiGateway::Resource': RUN,
  'AWS::ApiGateway::Method': RUN,
  'AWS::ApiGateway::Stage': RUN,
  'AWS::ApiGateway::Deployment': RUN,
  'AWS::ApiGateway::ApiKey': ignored(NO_API_KEYS),
  'AWS::ApiGateway::UsagePlan': ignored(NO_API_KEYS),
  'AWS::ApiGateway::UsagePlanKey': ignored(NO_API_KEYS),
  'AWS::ApiGateway::Model': ignored(NOT_VALIDATED),
  'AWS::ApiGateway::RequestValidator': ignored(NOT_VALIDATED),
  'AWS::DynamoDB::Table': RUN,
  'AWS::DynamoDB::GlobalTable': RUN,
  'AWS::Events::EventBus': RUN,
  'AWS::Events::Rule': RUN,
  'AWS::Lambda::EventInvokeConfig': RUN,
  'AWS::Lambda::EventSourceMapping': RUN,
  'AWS::Scheduler::Schedule': RUN,
  'AWS::S3::Bucket': RUN,
  'AWS::SNS::Subscription': RUN,
  'AWS::SNS::Topic': RUN,
  'AWS::SQS::Queue': RUN,
  'Custom::S3BucketNotifications': RUN,
  'AWS::CloudFormation::Stack': RUN,
  'AWS::SSM::Parameter': RUN,
  'AWS::SecretsManager::Secret': RUN,
  'AWS::Events::EventBusPolicy': ignored(NO_PERMISSIONS),
  'AWS::Scheduler::ScheduleGroup': ignored('schedules run without their group'),
  'AWS::S3::BucketPolicy': ignored(NO_PERMISSIONS),
  'Custom::S3AutoDeleteObjects': ignored('buckets are empty at each start'),
  'AWS::SNS::TopicInlinePolicy': ignored(NO_PERMISSIONS),
  'AWS::SNS::TopicPolicy': ignored(NO_PERMISSIONS),
  'AWS::SQS::QueuePolicy': ignored(NO_PERMISSIONS),
  'AWS::Lambda::Version': ignored('an alias points at the code as it is now'),
  'AWS::Lambda::CapacityProvider': ignored('sandboxes are processes of this machine'),
  'AWS::Lambda::Permission': ignored(NO_PERMISSIONS),
  'AWS::Lambda::LayerVersionPermission': ignored(NO_PERMISSIONS),
  'AWS::Logs::LogGroup': ignored('what functions print goes to this terminal'),
  'AWS::Logs::Delivery': ignored(NO_BUS_LOG),
  'AWS::Logs::DeliverySource': ignored(NO_BUS_LOG),
  'AWS::Logs::DeliveryDestination': ignored(NO_BUS_LOG),
  'AWS::Events::Archive': ignored('events are not kept, and none is replayed'),
  'AWS::CloudWatch::Alarm': ignored(NO_ALARMS),
  'AWS::CloudWatch::CompositeAlarm': ignored(NO_ALARMS),
  'AWS::CloudWatch::Dashboard': ignored('metrics are not kept'),
  'Custom::FibrinPrewarm': ignored('there is no version before this one, whose traffic would have to stay'),
  'AWS::CDK::Metadata': ignored('it describes the app to AWS'),
};

/** The class of a resource type. A type that is in no list is refused: to run without it would be to pretend. */
export function classOf(type: string): ResourceClass {
  const known = Object.hasOwn(CLASSES, type) ? CLASSES[type] : undefined;
  return known ?? classInService(type);
}
