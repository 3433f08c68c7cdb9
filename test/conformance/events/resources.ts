import type { Resources, TemplateResource } from '../case.ts';
import { fn, getAtt, ref } from '../template.ts';

type Properties = Readonly<Record<string, unknown>>;

const resource = (Type: string, Properties: Properties = {}): TemplateResource => ({ Type, Properties });

/** A function under test. `FN` is the name by which it writes down what it sees. */
export const worker = (
  id: string,
  environment: Readonly<Record<string, string>> = {},
  more: Properties = {},
  timeout = 3,
): Resources => ({
  [id]: fn({ handler: 'probe.handler', timeout, environment: { FN: id, ...environment }, more }),
});

/** A function that only writes down: what comes to the end of a way. */
export const sink = (id = 'Sink'): Resources => worker(id, { SINK: '1' });

export const queue = (id: string, properties: Properties = {}): Resources => ({
  [id]: resource('AWS::SQS::Queue', { VisibilityTimeout: 6, ...properties }),
});

export const redrive = (deadLetterQueue: string, maxReceiveCount: number): Properties => ({
  RedrivePolicy: { deadLetterTargetArn: getAtt(deadLetterQueue), maxReceiveCount },
});

/** Feeds a function from a queue. */
export const mapping = (functionId: string, queueId: string, properties: Properties = {}): Resources => ({
  [`${functionId}From${queueId}`]: resource('AWS::Lambda::EventSourceMapping', {
    ...{ FunctionName: ref(functionId), EventSourceArn: getAtt(queueId), ...properties },
  }),
});

/** A queue whose messages come to the function `Sink`. */
export const watchedQueue = (id: string, sinkId = 'Sink'): Resources => ({
  ...queue(id),
  ...mapping(sinkId, id, { BatchSize: 1 }),
});

/** Lets services send to queues. */
export const queuePolicy = (services: readonly string[], queues: readonly string[]): Resources => ({
  QueuePolicy: resource('AWS::SQS::QueuePolicy', {
    Queues: queues.map(ref),
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          ...{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' },
          Principal: { Service: services.map((service) => `${service}.amazonaws.com`) },
        },
      ],
    },
  }),
});

const VARIABLES: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'URL',
  'AWS::Lambda::Function': 'NAME',
  'AWS::DynamoDB::Table': 'NAME',
  'AWS::Events::EventBus': 'NAME',
};

/** The names of functions, tables and buses (`NAME_…`) and the URLs of queues (`URL_…`), for the driver. */
export const namesOf = (resources: Resources): Properties => ({
  ACCOUNT: ref('AWS::AccountId'),
  ...Object.fromEntries(
    Object.entries(resources).flatMap(([id, { Type }]) => {
      const variable = VARIABLES[Type];
      return variable === undefined ? [] : [[`${variable}_${id}`, ref(id)]];
    }),
  ),
});
