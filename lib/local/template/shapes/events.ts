import type { PropertyShapes, Shape } from '../shape.ts';

const OTHER_TARGET = 'refused: use a function, a queue, a topic or a bus';
const OTHER_SCHEDULED = 'refused: use a function, a queue or a topic';
const NO_PERMISSIONS = 'unnoticed: permissions are not checked on this machine';

/** What targets of rules and of schedules have in common. */
const TARGET = {
  Arn: 'text!',
  DeadLetterConfig: { Arn: 'text!' },
  Input: 'text',
  RetryPolicy: { MaximumEventAgeInSeconds: 'number', MaximumRetryAttempts: 'number' },
  RoleArn: NO_PERMISSIONS,
  SqsParameters: { MessageGroupId: 'text' },
} satisfies Shape;

export const EVENT_SHAPES: Readonly<Record<string, PropertyShapes>> = {
  'AWS::Events::EventBus': {},
  'AWS::Events::Rule': {
    EventBusName: 'text',
    EventPattern: 'map',
    ScheduleExpression: 'text',
    State: 'text',
    Targets: [
      {
        ...TARGET,
        AppSyncParameters: OTHER_TARGET,
        BatchParameters: OTHER_TARGET,
        EcsParameters: OTHER_TARGET,
        HttpParameters: OTHER_TARGET,
        Id: 'text',
        InputPath: 'text',
        InputTransformer: { InputPathsMap: 'map', InputTemplate: 'text!' },
        KinesisParameters: OTHER_TARGET,
        RedshiftDataParameters: OTHER_TARGET,
        RunCommandParameters: OTHER_TARGET,
        SageMakerPipelineParameters: OTHER_TARGET,
      },
    ],
  },
  'AWS::Scheduler::Schedule': {
    EndDate: 'text',
    FlexibleTimeWindow: { Mode: 'unnoticed: without a length it is none' },
    GroupName: 'text',
    ScheduleExpression: 'text!',
    ScheduleExpressionTimezone: 'text',
    StartDate: 'text',
    State: 'text',
    Target: {
      ...TARGET,
      EcsParameters: OTHER_SCHEDULED,
      EventBridgeParameters: OTHER_SCHEDULED,
      KinesisParameters: OTHER_SCHEDULED,
      SageMakerPipelineParameters: OTHER_SCHEDULED,
    },
  },
  'AWS::SNS::Subscription': {
    Endpoint: 'text',
    FilterPolicy: 'any',
    FilterPolicyScope: 'text',
    Protocol: 'text!',
    RawMessageDelivery: 'boolean',
    RedrivePolicy: 'any',
    TopicArn: 'text!',
  },
  'AWS::SNS::Topic': {
    ContentBasedDeduplication: 'boolean',
    FifoTopic: 'boolean',
    Subscription: [{ Endpoint: 'text', Protocol: 'text!' }],
  },
  'AWS::SQS::Queue': {
    ContentBasedDeduplication: 'boolean',
    DeduplicationScope: 'text',
    DelaySeconds: 'number',
    FifoQueue: 'boolean',
    MessageRetentionPeriod: 'number',
    ReceiveMessageWaitTimeSeconds: 'number',
    RedrivePolicy: { deadLetterTargetArn: 'text!', maxReceiveCount: 'number!' },
    VisibilityTimeout: 'number',
  },
};
