import type { ConformanceApp, Resources, TemplateResource } from '../case.ts';
import { mapping, namesOf, queue, queuePolicy, sink, watchedQueue } from '../events/resources.ts';
import { handlerFile } from '../handler-file.ts';
import { getAtt, permission, ref } from '../template.ts';
import { DELIVERY_CASES } from './delivery.ts';
import { ENTRY_CASES } from './entries.ts';
import { INPUT_TABLE } from './input-table.ts';
import { INPUT_CASES } from './inputs.ts';
import { PATTERN_TABLE } from './pattern-table.ts';
import { PATTERN_CASES } from './patterns.ts';

type Properties = Readonly<Record<string, unknown>>;

const SINK: Properties = { Id: 'Sink', Arn: getAtt('Sink') };
const bus = (Name: string): TemplateResource => ({ Type: 'AWS::Events::EventBus', Properties: { Name } });

/** A rule for the events of one source. */
const rule = (
  key: string,
  targets: readonly Properties[] = [SINK],
  pattern: Properties = {},
  properties: Properties = {},
): Resources => ({
  [`Rule${key.replaceAll('-', '')}${properties['Name'] ?? ''}`]: {
    Type: 'AWS::Events::Rule',
    Properties: {
      ...{ Name: key, EventBusName: ref('Main'), EventPattern: { source: [key], ...pattern } },
      ...{ Targets: targets, ...properties },
    },
  },
});

const toSink = (more: Properties): readonly Properties[] => [{ ...SINK, ...more }];
const toQueue = (id: string, more: Properties = {}): readonly Properties[] => [
  { Id: id, Arn: getAtt(id), ...more },
];
const transformed = (paths: Properties, InputTemplate: string): Properties => ({
  InputTransformer: { InputPathsMap: { probe: '$.detail.probe', ...paths }, InputTemplate },
});

const patterns: Resources = Object.assign(
  {},
  ...PATTERN_TABLE.map(({ key, pattern }) => rule(key, [SINK], pattern)),
);

const inputs: Resources = {
  ...Object.assign(
    {},
    ...INPUT_TABLE.map(({ key, input, toQueue: isText }) =>
      rule(key, isText ? toQueue('Texts', input) : toSink(input)),
    ),
  ),
  ...rule('constant', toSink({ Input: JSON.stringify({ probe: { id: 'constant-input' }, constant: [1] }) })),
  ...rule(
    'missing',
    toSink(transformed({ missing: '$.detail.nothing' }, '{"probe": <probe>, "a": "<missing>"}')),
  ),
  ...rule('whole', toSink(transformed({}, '{"probe": <probe>, "original": <aws.events.event.json>}'))),
  ...rule('ingested', toSink(transformed({}, '{"probe": <probe>, "at": <aws.events.event.ingestion-time>}'))),
  ...rule('to-queue', toQueue('Texts')),
  ...rule('to-fifo', toQueue('Ordered', { SqsParameters: { MessageGroupId: 'events' } })),
  ...rule('to-topic', [{ Id: 'Topic', Arn: ref('Topic') }]),
};

const missing = {
  'Fn::Sub': 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:no-such-function',
};

const ways: Resources = {
  ...rule('plain'),
  ...rule('shared', [SINK, { Id: 'Other', Arn: getAtt('Other') }]),
  ...rule('shared-too', [SINK], { source: ['shared'] }),
  ...rule('disabled', [SINK], {}, { State: 'DISABLED' }),
  RuleDefault: {
    Type: 'AWS::Events::Rule',
    Properties: { EventPattern: { source: ['conformance.default'] }, Targets: [SINK] },
  },
  ...rule('undeliverable', [
    {
      Id: 'Missing',
      Arn: missing,
      DeadLetterConfig: { Arn: getAtt('Dead') },
      RetryPolicy: { MaximumRetryAttempts: 2 },
    },
  ]),
  ...rule('hop', [{ Id: 'Second', Arn: getAtt('Second'), RoleArn: getAtt('Role') }]),
  ...rule('hop-twice', [{ Id: 'Second', Arn: getAtt('Second'), RoleArn: getAtt('Role') }]),
  RuleSecond: {
    Type: 'AWS::Events::Rule',
    Properties: { EventBusName: ref('Second'), EventPattern: { source: ['hop'] }, Targets: [SINK] },
  },
  RuleSecondToThird: {
    Type: 'AWS::Events::Rule',
    Properties: {
      ...{ EventBusName: ref('Second'), EventPattern: { source: ['hop-twice'] } },
      Targets: [{ Id: 'Third', Arn: getAtt('Third'), RoleArn: getAtt('Role') }],
    },
  },
  RuleThird: {
    Type: 'AWS::Events::Rule',
    Properties: { EventBusName: ref('Third'), EventPattern: { source: ['hop-twice'] }, Targets: [SINK] },
  },
};

const resources: Resources = {
  Main: bus('conformance-main'),
  Second: bus('conformance-second'),
  Third: bus('conformance-third'),
  ...sink(),
  ...sink('Other'),
  SinkForEvents: permission('Sink', 'events'),
  OtherForEvents: permission('Other', 'events'),
  SinkForSns: permission('Sink', 'sns'),
  ...watchedQueue('Texts'),
  ...watchedQueue('Dead'),
  ...queue('Ordered', { FifoQueue: true, ContentBasedDeduplication: true }),
  ...mapping('Sink', 'Ordered', { BatchSize: 1 }),
  ...queuePolicy(['events'], ['Texts', 'Dead', 'Ordered']),
  Topic: { Type: 'AWS::SNS::Topic' },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: ref('Topic'), Protocol: 'lambda', Endpoint: getAtt('Sink') },
  },
  ...patterns,
  ...inputs,
  ...ways,
};

/** Event buses: patterns, what targets get, and what becomes of events that cannot be delivered. */
export const BUSES_APP: ConformanceApp = {
  name: 'buses',
  resources,
  driver: namesOf(resources),
  code: { probe: handlerFile('probe') },
  cases: [...PATTERN_CASES, ...ENTRY_CASES, ...INPUT_CASES, ...DELIVERY_CASES],
  timeScale: 10,
};
