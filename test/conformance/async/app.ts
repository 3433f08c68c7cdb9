import type { ConformanceApp, Resources } from '../case.ts';
import { namesOf, sink, watchedQueue, worker } from '../events/resources.ts';
import { handlerFile } from '../handler-file.ts';
import { getAtt, permission, ref } from '../template.ts';
import { DESTINATION_CASES } from './destinations.ts';
import { INVOKE_CASES } from './invoke.ts';
import { LIMIT_CASES } from './limits.ts';
import { RETRY_CASES } from './retries.ts';

type Properties = Readonly<Record<string, unknown>>;

/** How a function is invoked asynchronously. */
const invokeConfig = (functionId: string, properties: Properties): Resources => ({
  [`${functionId}Config`]: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: ref(functionId), Qualifier: '$LATEST', ...properties },
  },
});

const destinations = (onFailure?: unknown, onSuccess?: unknown): Properties => ({
  DestinationConfig: {
    ...(onFailure !== undefined && { OnFailure: { Destination: onFailure } }),
    ...(onSuccess !== undefined && { OnSuccess: { Destination: onSuccess } }),
  },
});

const NONE = { MaximumRetryAttempts: 0 };
const FAILURES = getAtt('Failures');
const deadLetters = (target: unknown): Properties => ({ DeadLetterConfig: { TargetArn: target } });

const plain: Resources = {
  ...worker('Worker'),
  Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: ref('Worker') } },
  Live: {
    Type: 'AWS::Lambda::Alias',
    Properties: { FunctionName: ref('Worker'), FunctionVersion: getAtt('Version', 'Version'), Name: 'live' },
  },
  ...worker('Short', {}, {}, 1),
  ...worker('Single', {}, { ReservedConcurrentExecutions: 1 }),
  ...worker('Alone', {}, { ReservedConcurrentExecutions: 1 }),
  ...worker('Twice'),
  ...invokeConfig('Twice', { MaximumRetryAttempts: 2 }),
  ...worker('Never'),
  ...invokeConfig('Never', NONE),
};

const withDestinations: Resources = {
  ...worker('Once'),
  ...invokeConfig('Once', { MaximumRetryAttempts: 1, ...destinations(FAILURES, getAtt('Successes')) }),
  ...worker('ToBus'),
  ...invokeConfig('ToBus', { ...NONE, ...destinations(getAtt('Bus'), getAtt('Bus')) }),
  ...worker('ToFunction'),
  ...invokeConfig('ToFunction', destinations(undefined, getAtt('Sink'))),
  ...worker('ToTopic'),
  ...invokeConfig('ToTopic', destinations(undefined, ref('Topic'))),
  ...worker('Aging'),
  ...invokeConfig('Aging', { MaximumEventAgeInSeconds: 60, ...destinations(FAILURES) }),
  ...worker('Closed', {}, { ReservedConcurrentExecutions: 0 }),
  ...invokeConfig('Closed', destinations(FAILURES)),
};

const withDeadLetters: Resources = {
  ...worker('Dead', {}, deadLetters(getAtt('DeadLetters'))),
  ...invokeConfig('Dead', NONE),
  ...worker('DeadTopic', {}, deadLetters(ref('Topic'))),
  ...invokeConfig('DeadTopic', NONE),
  ...worker('Both', {}, deadLetters(getAtt('DeadLetters'))),
  ...invokeConfig('Both', { ...NONE, ...destinations(FAILURES) }),
};

const ends: Resources = {
  ...sink(),
  ...watchedQueue('Failures'),
  ...watchedQueue('Successes'),
  ...watchedQueue('DeadLetters'),
  Topic: { Type: 'AWS::SNS::Topic' },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: ref('Topic'), Protocol: 'lambda', Endpoint: getAtt('Sink') },
  },
  SinkForSns: permission('Sink', 'sns'),
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'conformance-async' } },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: ref('Bus'),
      EventPattern: { source: ['lambda'] },
      Targets: [{ Id: 'Sink', Arn: getAtt('Sink') }],
    },
  },
  SinkForEvents: permission('Sink', 'events'),
};

const resources: Resources = { ...plain, ...withDestinations, ...withDeadLetters, ...ends };

/** Asynchronous invocation, and `Invoke` with all that it takes. */
export const ASYNC_APP: ConformanceApp = {
  name: 'async',
  resources,
  driver: namesOf(resources),
  code: { probe: handlerFile('probe') },
  cases: [...INVOKE_CASES, ...LIMIT_CASES, ...RETRY_CASES, ...DESTINATION_CASES],
  timeScale: 30,
};
