import { InvalidPatternError } from '../events/pattern/errors.ts';
import type { CompiledPattern } from '../events/pattern/model.ts';
import { compilePattern } from '../events/pattern/parse.ts';
import { LocalRunError } from '../problem.ts';
import type { SqsMappingModel } from '../sqs/poller.ts';
import type { StreamMappingModel } from '../streams/model.ts';
import { textsOf } from '../texts.ts';
import type { Properties } from './properties.ts';
import type { Resource, TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';

const NAMES = [
  'BatchSize',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'Enabled',
  'EventSourceArn',
  'FilterCriteria',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'ScalingConfig',
  'StartingPosition',
  'TumblingWindowInSeconds',
];

function readFilters({ logicalId, properties }: Resource): readonly CompiledPattern[] {
  const { Filters = [] } = (properties['FilterCriteria'] ?? {}) as {
    readonly Filters?: readonly { readonly Pattern: string }[];
  };
  return Filters.map(({ Pattern }) => {
    try {
      return compilePattern(JSON.parse(Pattern));
    } catch (error) {
      if (error instanceof InvalidPatternError || error instanceof SyntaxError) {
        throw new LocalRunError(`${logicalId}: the filter ${Pattern}: ${error.message}`, error);
      }
      throw error;
    }
  });
}

/** What mappings from queues and from streams have in common. */
function readCommon(resource: Resource, reader: TemplateReader) {
  const { properties } = resource;
  const name = String(properties['FunctionName']);
  return {
    functionArn: name.startsWith('arn:')
      ? name
      : `arn:aws:lambda:${reader.region}:${reader.account}:function:${name}`,
    batchingWindowSeconds: Number(properties['MaximumBatchingWindowInSeconds'] ?? 0),
    reportBatchItemFailures: textsOf(properties['FunctionResponseTypes']).includes('ReportBatchItemFailures'),
    filters: readFilters(resource),
    enabled: properties['Enabled'] !== false,
  };
}

function readSqsMapping(resource: Resource, reader: TemplateReader): SqsMappingModel {
  const { properties } = resource;
  const concurrency = (properties['ScalingConfig'] as Properties | undefined)?.['MaximumConcurrency'];
  return {
    ...readCommon(resource, reader),
    queueArn: String(properties['EventSourceArn']),
    batchSize: Number(properties['BatchSize'] ?? 10),
    ...(concurrency !== undefined && { maximumConcurrency: Number(concurrency) }),
  };
}

function readStreamMapping(resource: Resource, reader: TemplateReader): StreamMappingModel {
  const { logicalId, properties } = resource;
  const streamArn = String(properties['EventSourceArn']);
  if (Number(properties['TumblingWindowInSeconds'] ?? 0) > 0) {
    refuse(logicalId, 'a tumbling window', 'leave it out for -c stage=local');
  }
  const { OnFailure } = (properties['DestinationConfig'] ?? {}) as {
    readonly OnFailure?: { readonly Destination: unknown };
  };
  return {
    ...readCommon(resource, reader),
    streamArn,
    tableName: /:table\/([^/]+)\//.exec(streamArn)?.[1] ?? '',
    startingPosition: properties['StartingPosition'] === 'LATEST' ? 'LATEST' : 'TRIM_HORIZON',
    batchSize: Number(properties['BatchSize'] ?? 100),
    maximumRetryAttempts: Number(properties['MaximumRetryAttempts'] ?? -1),
    maximumRecordAgeSeconds: Number(properties['MaximumRecordAgeInSeconds'] ?? -1),
    bisectBatchOnError: properties['BisectBatchOnFunctionError'] === true,
    ...(OnFailure && { onFailure: String(OnFailure.Destination) }),
  };
}

export interface Mappings {
  readonly queueMappings: readonly SqsMappingModel[];
  readonly streamMappings: readonly StreamMappingModel[];
}

/** The event source mappings, by the kind of their source. */
export function readMappings(reader: TemplateReader): Mappings {
  const queueMappings: SqsMappingModel[] = [];
  const streamMappings: StreamMappingModel[] = [];
  for (const resource of reader.ofType(['AWS::Lambda::EventSourceMapping'], NAMES)) {
    const source = String(resource.properties['EventSourceArn']);
    const service = source.split(':')[2] ?? JSON.stringify(source);
    if (service === 'sqs') queueMappings.push(readSqsMapping(resource, reader));
    else if (service === 'dynamodb') streamMappings.push(readStreamMapping(resource, reader));
    else refuse(resource.logicalId, `an event source of ${service}`, 'use a queue or the stream of a table');
  }
  return { queueMappings, streamMappings };
}
