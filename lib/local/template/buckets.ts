import type { BucketModel, CorsRule, NotificationModel } from '../s3/model.ts';
import { textsOf } from '../texts.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';

const list = (value: unknown): readonly Properties[] => (value ?? []) as readonly Properties[];

/** The rules of a filter, as CloudFormation has them and as S3's own API does. */
function rulesOf(configuration: Properties): readonly Properties[] {
  const filter = configuration['Filter'] as Readonly<Record<string, Properties>> | undefined;
  return list(filter?.['S3Key']?.['Rules'] ?? filter?.['Key']?.['FilterRules']);
}

function readNotification(configuration: Properties, id: string): NotificationModel {
  const rules = new Map(
    rulesOf(configuration).map(({ Name, Value }) => [String(Name).toLowerCase(), String(Value)]),
  );
  const target = ['Function', 'LambdaFunctionArn', 'Queue', 'QueueArn', 'Topic', 'TopicArn']
    .map((name) => configuration[name])
    .find((arn) => arn !== undefined);
  return {
    id: String(configuration['Id'] ?? id),
    events: [configuration['Events'] ?? configuration['Event']].flat().map(String),
    targetArn: String(target),
    prefix: rules.get('prefix') ?? '',
    suffix: rules.get('suffix') ?? '',
  };
}

const KINDS = [
  ...['LambdaConfigurations', 'LambdaFunctionConfigurations', 'QueueConfigurations', 'TopicConfigurations'],
];

/** The notifications of a configuration, be it a bucket's own or that which the CDK's resource of its own sets. */
const notificationsOf = (configuration: Properties, logicalId: string): readonly NotificationModel[] =>
  KINDS.flatMap((kind) => list(configuration[kind])).map((each, index) =>
    readNotification(each, `${logicalId}${index}`),
  );

const tellsBus = ({ EventBridgeConfiguration: configuration }: Properties): boolean =>
  configuration !== undefined && (configuration as Properties)['EventBridgeEnabled'] !== false;

const readCorsRule = ({ MaxAge, ...rule }: Properties): CorsRule => ({
  allowedOrigins: textsOf(rule['AllowedOrigins']),
  allowedMethods: textsOf(rule['AllowedMethods']),
  allowedHeaders: textsOf(rule['AllowedHeaders']),
  exposedHeaders: textsOf(rule['ExposedHeaders']),
  maxAgeSeconds: MaxAge === undefined ? undefined : Number(MaxAge),
});

export function readBuckets(reader: TemplateReader): readonly BucketModel[] {
  const names = ['BucketName', 'NotificationConfiguration'];
  const set = reader.ofType(['Custom::S3BucketNotifications'], names);
  const buckets = reader.ofType(['AWS::S3::Bucket'], [...names, 'CorsConfiguration']);
  const bucketNames = new Set<unknown>(buckets.map(({ logicalId }) => reader.nameOf(logicalId)));
  for (const { logicalId, properties } of set)
    if (!bucketNames.has(properties['BucketName']))
      refuse(
        logicalId,
        `the bucket ${properties['BucketName']} of another app`,
        'make the bucket in this one',
      );
  return buckets.map(({ logicalId, properties }) => {
    const name = reader.nameOf(logicalId);
    const configurations = [
      { logicalId, properties },
      ...set.filter((each) => each.properties['BucketName'] === name),
    ].map((each) => ({
      logicalId: each.logicalId,
      configuration: (each.properties['NotificationConfiguration'] ?? {}) as Properties,
    }));
    return {
      logicalId,
      name,
      notifications: configurations.flatMap((each) => notificationsOf(each.configuration, each.logicalId)),
      eventBridge: configurations.some((each) => tellsBus(each.configuration)),
      cors: list((properties['CorsConfiguration'] as Properties | undefined)?.['CorsRules']).map(
        readCorsRule,
      ),
    };
  });
}
