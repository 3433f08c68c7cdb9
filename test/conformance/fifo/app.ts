import type { ConformanceApp, Resources } from '../case.ts';
import { mapping, namesOf, queue, redrive, sink, worker } from '../events/resources.ts';
import { handlerFile } from '../handler-file.ts';
import { FIFO_API_CASES } from './api.ts';
import { FIFO_FUNCTION_CASES } from './functions.ts';

type Properties = Readonly<Record<string, unknown>>;

const fifo = (id: string, properties: Properties = {}): Resources =>
  queue(id, { FifoQueue: true, QueueName: `conformance-${id}.fifo`, ...properties });
const BY_CONTENT = { ContentBasedDeduplication: true };

/** Queues that only the driver uses, one for each case that must be alone. */
const PLAIN = [
  ...['Plain', 'DupById', 'DupInQueue', 'DupDeleted', 'Numbered', 'Together', 'Ordered', 'Locked', 'Others'],
  ...['Next', 'Again', 'Attempt'],
];
const CONTENT = ['DupByBody', 'DupAttributes', 'DupOwn', 'DupHash'];

const resources: Resources = {
  ...Object.assign({}, ...PLAIN.map((id) => fifo(id))),
  ...Object.assign({}, ...CONTENT.map((id) => fifo(id, BY_CONTENT))),
  ...fifo('DupInGroup', { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }),
  ...fifo('Delayed', { DelaySeconds: 20 }),
  ...worker('Worker'),
  ...worker('Reporter', { REPORT: '1' }),
  ...sink(),
  ...fifo('Jobs'),
  ...mapping('Worker', 'Jobs', { BatchSize: 10 }),
  ...fifo('Single'),
  ...mapping('Worker', 'Single', { BatchSize: 1 }),
  ...fifo('Dead'),
  ...mapping('Sink', 'Dead', { BatchSize: 1 }),
  ...fifo('Poisoned', redrive('Dead', 2)),
  ...mapping('Worker', 'Poisoned', { BatchSize: 1 }),
  ...fifo('Reported'),
  ...mapping('Reporter', 'Reported', { BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] }),
};

/** FIFO queues: order, duplicates, and functions that they feed. */
export const FIFO_APP: ConformanceApp = {
  name: 'fifo',
  resources,
  driver: namesOf(resources),
  code: { probe: handlerFile('probe') },
  cases: [...FIFO_API_CASES, ...FIFO_FUNCTION_CASES],
  timeScale: 10,
};
