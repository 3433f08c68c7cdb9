import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { HttpApiProps } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, StreamViewType, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBusProps } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, type EventSourceMappingOptions, type FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import {
  CacheTable,
  DeadLetterQueue,
  EventConsumer,
  OutboxRelay,
  ResilienceTable,
  ResilientFunction,
  ResilientHttpApi,
  Sensitivity,
  SensitivityBus,
} from '../../cdk/constructs/index.ts';
import { overridden } from '../../cdk/constructs/overridden.ts';
import { newFunction, newStack } from './deliveries.ts';

/** All that a construct sets itself, and more, given as `undefined`. */
const nothing = <T>(...names: (keyof T & string)[]): Partial<T> =>
  Object.fromEntries(names.map((name) => [name, undefined])) as Partial<T>;

const OF_TABLE = nothing<TablePropsV2>(
  ...(['partitionKey', 'timeToLiveAttribute', 'billing', 'pointInTimeRecoverySpecification'] as const),
  ...(['deletionProtection', 'removalPolicy', 'encryption', 'tableName'] as const),
) as TablePropsV2;
const OF_FUNCTION = nothing<FunctionOptions>(
  ...(['memorySize', 'timeout', 'tracing', 'loggingFormat', 'logGroup', 'role', 'environment'] as const),
  ...(['architecture', 'reservedConcurrentExecutions', 'onFailure', 'onSuccess', 'retryAttempts'] as const),
  ...(['maxEventAge', 'events', 'logRetention', 'deadLetterQueue', 'vpc', 'description'] as const),
);
const OF_QUEUE = nothing<QueueProps>(
  ...(['encryption', 'encryptionMasterKey', 'enforceSSL', 'retentionPeriod', 'deadLetterQueue'] as const),
  ...(['visibilityTimeout', 'fifo', 'queueName'] as const),
);
const OF_MAPPING = nothing<EventSourceMappingOptions>(
  ...(['batchSize', 'maxConcurrency', 'maxBatchingWindow', 'reportBatchItemFailures', 'onFailure'] as const),
  ...(['eventSourceArn', 'startingPosition', 'parallelizationFactor', 'bisectBatchOnError'] as const),
  ...(['retryAttempts', 'maxRecordAge', 'filters', 'provisionedPollerConfig'] as const),
);
const OF_BUS = nothing<EventBusProps>('eventBusName', 'kmsKey', 'deadLetterQueue', 'logConfig');
const OF_API = nothing<HttpApiProps>(
  ...(['apiName', 'createDefaultStage', 'defaultAuthorizer', 'defaultIntegration', 'corsPreflight'] as const),
);
const OF_LOG = nothing<LogGroupProps>('retention', 'removalPolicy', 'logGroupName', 'encryptionKey');

const code = Code.fromInline('exports.handler = async () => undefined;');
const events = { eventPattern: { source: ['shop'] } };

/** Each construct with its least props, and with all others as `undefined`. */
const CONSTRUCTS: readonly (readonly [string, (stack: Stack, isStated: boolean) => void])[] = [
  [
    'ResilienceTable',
    (stack, isStated) => {
      const rest = { removalPolicy: undefined, encryptionKey: undefined, existingTable: undefined };
      new ResilienceTable(
        stack,
        'X',
        isStated ? { ...rest, existingPartitionKey: undefined, tableProps: OF_TABLE } : {},
      );
    },
  ],
  [
    'CacheTable',
    (stack, isStated) => {
      const rest = { encryptionKey: undefined, existingTable: undefined, existingPartitionKey: undefined };
      new CacheTable(stack, 'X', isStated ? { ...rest, tableProps: OF_TABLE } : {});
    },
  ],
  [
    'ResilientFunction',
    (stack, isStated) => {
      const resilience = { table: new ResilienceTable(stack, 'Table'), breakers: ['payments'] };
      const rest = nothing<ConstructorParameters<typeof ResilientFunction>[2]>(
        ...(['entry', 'bundling', 'handler', 'runtime', 'architecture', 'timeout', 'memorySize'] as const),
        ...(['reservedConcurrency', 'logRetention', 'deadLetterQueue', 'logicalId'] as const),
      );
      const environment = { FIBRIN_TABLE: undefined } as unknown as Record<string, string>;
      const stated = { ...rest, environment, functionProps: { ...OF_FUNCTION, environment } };
      new ResilientFunction(stack, 'X', { code, resilience, ...(isStated && stated) });
    },
  ],
  [
    'ResilientHttpApi',
    (stack, isStated) => {
      const rest = nothing<NonNullable<ConstructorParameters<typeof ResilientHttpApi>[2]>>(
        ...(['routes', 'authorizer', 'accessLogFormat', 'existingAccessLog', 'existingApi'] as const),
      );
      const throttle = { rateLimit: undefined, burstLimit: undefined };
      const stated = { ...rest, throttle, httpApiProps: OF_API, accessLogProps: OF_LOG };
      new ResilientHttpApi(stack, 'X', isStated ? stated : {});
    },
  ],
  [
    'SensitivityBus',
    (stack, isStated) => {
      const rest = nothing<ConstructorParameters<typeof SensitivityBus>[2]>(
        ...(['encryptionKey', 'customerKey', 'archiveRetention', 'archivePattern'] as const),
        ...(['deadLetterQueue', 'logLevel', 'logDetail', 'logRetention'] as const),
      );
      const stated = { ...rest, eventBusProps: OF_BUS };
      new SensitivityBus(stack, 'X', { sensitivity: Sensitivity.RESTRICTED, ...(isStated && stated) });
    },
  ],
  [
    'DeadLetterQueue',
    (stack, isStated) => {
      const encryptionKey = new Key(stack, 'Key');
      const stated = { retentionPeriod: undefined, existingQueue: undefined, queueProps: OF_QUEUE };
      new DeadLetterQueue(stack, 'X', { encryptionKey, ...(isStated && stated) });
    },
  ],
  [
    'EventConsumer',
    (stack, isStated) => {
      const { bus } = new SensitivityBus(stack, 'Bus', { sensitivity: Sensitivity.RESTRICTED });
      const rest = nothing<ConstructorParameters<typeof EventConsumer>[2]>(
        ...(['resilientFunction', 'functionTimeout', 'priorities', 'undelivered', 'unprocessed'] as const),
        ...(['maxConcurrency', 'batchSize', 'maxBatchingWindow', 'maxReceiveCount'] as const),
        ...(['retryAttempts', 'maxEventAge', 'encryptionKey'] as const),
      );
      const stated = { ...rest, queueProps: OF_QUEUE, eventSourceProps: OF_MAPPING };
      const target = { bus, ...events, function: newFunction(stack, 'Function') };
      new EventConsumer(stack, 'X', { ...target, ...(isStated && stated) });
    },
  ],
  [
    'OutboxRelay',
    (stack, isStated) => {
      const { bus } = new SensitivityBus(stack, 'Bus', { sensitivity: Sensitivity.INTERNAL });
      const table = new TableV2(stack, 'Table', {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      });
      const rest = nothing<ConstructorParameters<typeof OutboxRelay>[2]>(
        ...(['resilientFunction', 'batchSize', 'parallelizationFactor', 'retryAttempts'] as const),
        ...(['maxRecordAge', 'unrelayed'] as const),
      );
      const needed = { table, buses: { BUS: bus }, function: newFunction(stack, 'Function') };
      new OutboxRelay(stack, 'X', { ...needed, ...(isStated && { ...rest, eventSourceProps: OF_MAPPING }) });
    },
  ],
];

const templateOf = (make: (stack: Stack, isStated: boolean) => void, isStated: boolean): unknown => {
  const stack = newStack();
  make(stack, isStated);
  return Template.fromStack(stack).toJSON();
};

describe('props that are given as `undefined`', () => {
  test.each(CONSTRUCTS)('take no default of %s away', (_, make) => {
    expect(templateOf(make, true)).toEqual(templateOf(make, false));
  });

  test('take no default of a metric away', () => {
    const stack = newStack();
    const api = new ResilientHttpApi(stack, 'Api');
    expect(api.metricLatency({ statistic: undefined }).statistic).toBe('p99');
    const relay = new OutboxRelay(stack, 'Relay', {
      table: new TableV2(stack, 'Table', {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      }),
      buses: { BUS: new SensitivityBus(stack, 'Bus', { sensitivity: Sensitivity.PUBLIC }).bus },
      function: newFunction(stack, 'Function'),
    });
    expect(relay.metricIteratorAge({ statistic: undefined }).statistic).toBe('Maximum');
  });

  test('name no field in the filter of a priority', () => {
    const stack = newStack();
    const consumer = new EventConsumer(stack, 'X', {
      bus: new SensitivityBus(stack, 'Bus', { sensitivity: Sensitivity.PUBLIC }).bus,
      ...events,
      function: newFunction(stack, 'Function'),
      priorities: [{ name: 'All', filter: { source: undefined, detailType: ['paid'] } }],
    });
    expect(consumer.queues).toHaveLength(1);
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['shop'], 'detail-type': ['paid'] },
    });
  });

  test('are taken away by the plain constructs, which take them for given', () => {
    const stack = newStack();
    const defaults: QueueProps = { enforceSSL: true };
    const given: QueueProps = { enforceSSL: undefined };
    new Queue(stack, 'Queue', { ...defaults, ...given });
    Template.fromStack(stack).resourceCountIs('AWS::SQS::QueuePolicy', 0);
    expect(overridden(defaults, given)).toEqual({ enforceSSL: true });
    expect(overridden(defaults, { enforceSSL: true }, { enforceSSL: false })).toEqual({ enforceSSL: false });
  });
});
