import type { ConformanceApp, Resources } from '../case.ts';
import { namesOf, sink, watchedQueue, worker } from '../events/resources.ts';
import { handlerFile } from '../handler-file.ts';
import { getAtt, ref, tableWith } from '../template.ts';
import { STREAM_FAILURE_CASES } from './failures.ts';
import { STREAM_RECORD_CASES, TABLES } from './records.ts';

type Properties = Readonly<Record<string, unknown>>;

/** A table with a stream that feeds a function. */
const streamed = (
  id: string,
  properties: Properties = {},
  { fn = 'Worker', view = 'NEW_AND_OLD_IMAGES' } = {},
): Resources => ({
  [id]: tableWith({ StreamSpecification: { StreamViewType: view } }),
  [`${fn}From${id}`]: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      ...{ FunctionName: ref(fn), EventSourceArn: getAtt(id, 'StreamArn'), StartingPosition: 'TRIM_HORIZON' },
      ...{ BatchSize: 1, ...properties },
    },
  },
});

const filterOn = (...patterns: readonly object[]): Properties => ({
  FilterCriteria: { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
});
const newImage = (image: object): object => ({ dynamodb: { NewImage: image } });
const ON_FAILURE = { DestinationConfig: { OnFailure: { Destination: getAtt('GivenUp') } } };
const TOGETHER = { BatchSize: 10, MaximumBatchingWindowInSeconds: 3 };
const BISECT = { ...TOGETHER, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 };
const REPORT = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

const resources: Resources = {
  ...worker('Worker'),
  ...worker('Reporter', { REPORT: '1' }),
  ...sink(),
  ...watchedQueue('GivenUp'),
  ...Object.assign({}, ...Object.entries(TABLES).map(([view, id]) => streamed(id, {}, { view }))),
  ...streamed(
    'Filtered',
    filterOn(
      newImage({ color: { S: ['red'] } }),
      newImage({ kind: { S: [{ prefix: 'special' }] } }),
      newImage({ urgent: { BOOL: [{ exists: true }] } }),
    ),
  ),
  ...streamed('Removed', filterOn({ eventName: ['REMOVE'] })),
  ...streamed('Threes', { BatchSize: 3 }),
  ...streamed('Gathered', { BatchSize: 100, MaximumBatchingWindowInSeconds: 20 }),
  ...streamed('Blocked'),
  ...streamed('Whole', TOGETHER),
  ...streamed('Retried', { MaximumRetryAttempts: 2, ...ON_FAILURE }),
  ...streamed('Untried', { MaximumRetryAttempts: 0, ...ON_FAILURE }),
  ...streamed('Aging', { MaximumRecordAgeInSeconds: 60, ...ON_FAILURE }),
  ...streamed('Bisected', BISECT),
  ...streamed('Halved', BISECT),
  ...streamed('Reported', { MaximumRetryAttempts: 1, ...REPORT }, { fn: 'Reporter' }),
  ...streamed('Reports', { ...TOGETHER, ...REPORT }, { fn: 'Reporter' }),
  ...streamed('Lowest', { ...TOGETHER, ...REPORT }, { fn: 'Reporter' }),
};

/** Streams of tables, and functions that they feed. */
export const STREAMS_APP: ConformanceApp = {
  name: 'streams',
  resources,
  driver: namesOf(resources),
  code: { probe: handlerFile('probe') },
  cases: [...STREAM_RECORD_CASES, ...STREAM_FAILURE_CASES],
  timeScale: 10,
};
