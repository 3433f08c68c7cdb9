import type { ConformanceApp, Resources } from '../case.ts';
import { mapping, namesOf, queue, redrive, sink, watchedQueue, worker } from '../events/resources.ts';
import { handlerFile } from '../handler-file.ts';
import { API_CASES } from './api.ts';
import { BATCH_CASES } from './batches.ts';
import { RECORD_CASES } from './record.ts';

const REPORTS = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
const filterOn = (...patterns: readonly object[]) => ({
  FilterCriteria: { Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) },
});

/** Queues that only the driver uses, one for each case that must be alone. */
const PLAIN = [
  ...['Plain', 'Empty', 'Polled', 'Hidden', 'Shown', 'Back', 'Counted', 'Deleted', 'Purged', 'Timed'],
  ...['Attributed', 'Held'],
];

const plain: Resources = {
  ...Object.assign({}, ...PLAIN.map((id) => queue(id))),
  ...queue('Settings', { VisibilityTimeout: 45, MessageRetentionPeriod: 600 }),
  ...queue('Delayed', { DelaySeconds: 10 }),
  ...queue('Undelayed', { DelaySeconds: 600 }),
};

const fed: Resources = {
  ...worker('Worker'),
  ...worker('Reporter', { REPORT: '1' }),
  ...queue('Jobs'),
  ...mapping('Worker', 'Jobs', { BatchSize: 1 }),
  ...queue('Batched'),
  ...mapping('Worker', 'Batched', { BatchSize: 5 }),
  ...queue('Usual'),
  ...mapping('Worker', 'Usual'),
  ...queue('Gathered', { VisibilityTimeout: 120 }),
  ...mapping('Worker', 'Gathered', { BatchSize: 10, MaximumBatchingWindowInSeconds: 15 }),
  ...queue('Large', { VisibilityTimeout: 120 }),
  ...mapping('Worker', 'Large', { BatchSize: 100, MaximumBatchingWindowInSeconds: 15 }),
  ...queue('Off'),
  ...mapping('Worker', 'Off', { Enabled: false }),
  ...queue('Two'),
  ...mapping('Worker', 'Two', { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } }),
  ...queue('Done'),
  ...mapping('Worker', 'Done'),
  ...queue('Slow', { VisibilityTimeout: 20 }),
  ...mapping('Worker', 'Slow'),
  ...queue('Whole'),
  ...mapping('Worker', 'Whole', { BatchSize: 10, MaximumBatchingWindowInSeconds: 3 }),
  ...queue('Poisoned', redrive('Dead', 2)),
  ...mapping('Worker', 'Poisoned', { BatchSize: 1 }),
  ...sink(),
  ...watchedQueue('Dead'),
  ...queue('Reported', redrive('Lost', 2)),
  ...queue('Lost'),
  ...mapping('Reporter', 'Reported', { BatchSize: 10, ...REPORTS }),
  ...queue('Filtered'),
  ...mapping('Worker', 'Filtered', {
    ...filterOn(
      { body: { color: ['red'], size: [{ numeric: ['<', 10] }] } },
      { body: { kind: ['special'] } },
    ),
  }),
  ...queue('Dropped'),
  ...mapping('Worker', 'Dropped', filterOn({ body: { color: ['red'] } })),
};

const resources: Resources = { ...plain, ...fed };

/** Standard queues: their API, the events that they feed functions with, and what becomes of failures. */
export const SQS_APP: ConformanceApp = {
  name: 'sqs',
  resources,
  driver: namesOf(resources),
  code: { probe: handlerFile('probe') },
  cases: [...RECORD_CASES, ...API_CASES, ...BATCH_CASES],
  timeScale: 10,
};
