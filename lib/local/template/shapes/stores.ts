import type { PropertyShapes, Shape } from '../shape.ts';

const KEY_SCHEMA: Shape = [{ AttributeName: 'text!', KeyType: 'text!' }];
const INDEXES: Shape = [
  {
    IndexName: 'text!',
    KeySchema: KEY_SCHEMA,
    Projection: { NonKeyAttributes: 'texts', ProjectionType: 'text' },
  },
];
const TABLE: PropertyShapes = {
  AttributeDefinitions: [{ AttributeName: 'text!', AttributeType: 'text!' }],
  GlobalSecondaryIndexes: INDEXES,
  KeySchema: KEY_SCHEMA,
  LocalSecondaryIndexes: INDEXES,
  StreamSpecification: { StreamViewType: 'text!' },
  TimeToLiveSpecification: { AttributeName: 'text', Enabled: 'boolean!' },
};

/** A notification in the words of CloudFormation: one event, and the target by its kind. */
const notification = (target: string): Shape => [
  { Event: 'text!', Filter: { S3Key: { Rules: [{ Name: 'text!', Value: 'text!' }] } }, [target]: 'text!' },
];
/** In the words of S3, which the CDK's custom resource takes. */
const configuration = (target: string): Shape => [
  {
    Events: 'texts',
    Filter: { Key: { FilterRules: [{ Name: 'text!', Value: 'text!' }] } },
    Id: 'text',
    [target]: 'text!',
  },
];

export const STORE_SHAPES: Readonly<Record<string, PropertyShapes>> = {
  'AWS::CloudFormation::Stack': { Parameters: 'map', TemplateURL: 'text!' },
  'AWS::DynamoDB::GlobalTable': TABLE,
  'AWS::DynamoDB::Table': TABLE,
  'AWS::S3::Bucket': {
    BucketName: 'text',
    CorsConfiguration: {
      CorsRules: [
        {
          AllowedHeaders: 'texts',
          AllowedMethods: 'texts',
          AllowedOrigins: 'texts',
          ExposedHeaders: 'texts',
          Id: 'unnoticed: it is for people',
          MaxAge: 'number',
        },
      ],
    },
    NotificationConfiguration: {
      EventBridgeConfiguration: { EventBridgeEnabled: 'boolean' },
      LambdaConfigurations: notification('Function'),
      QueueConfigurations: notification('Queue'),
      TopicConfigurations: notification('Topic'),
    },
  },
  'AWS::SSM::Parameter': { Type: 'text', Value: 'text!' },
  'AWS::SecretsManager::Secret': { SecretString: 'text' },
  'Custom::S3AutoDeleteObjects': { ServiceToken: 'text' },
  'Custom::S3BucketNotifications': {
    BucketName: 'text!',
    Managed: 'unnoticed: no others have set notifications of the bucket',
    NotificationConfiguration: {
      EventBridgeConfiguration: {},
      LambdaFunctionConfigurations: configuration('LambdaFunctionArn'),
      QueueConfigurations: configuration('QueueArn'),
      TopicConfigurations: configuration('TopicArn'),
    },
    ServiceToken: 'text',
    SkipDestinationValidation: 'unnoticed: permissions are not checked on this machine',
  },
};
