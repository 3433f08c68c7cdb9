import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import {
  arnOf,
  firstSeen,
  functionArn,
  invoke,
  type Json,
  nameOf,
  newId,
  pause,
  probe,
  seenNow,
} from '../events/calls.ts';
import { PATIENT } from '../events/case-of.ts';
import type { Plan } from '../handlers/plan.ts';
import type { Seen } from '../handlers/probe.ts';
import { asyncCase, ERRORS, RECORDS } from './pages.ts';

const SECONDS = 200;
const ERROR = { name: 'OrderError', message: 'no such order' };

interface Message {
  readonly body: string;
  readonly messageAttributes: Readonly<
    Record<string, { readonly stringValue: string; readonly dataType: string }>
  >;
}

const queueNameOf = ({ event }: Seen): string => {
  const { Records: [record] = [] } = event as {
    readonly Records?: readonly { readonly eventSourceARN?: string }[];
  };
  return record?.eventSourceARN ?? '';
};

/** The message of a queue that came to the function at its end. */
async function messageIn(deployed: Deployment, id: string, queue: string): Promise<Message> {
  const name = (await nameOf(deployed, `URL_${queue}`)).split('/').at(-1) ?? '';
  const found = await firstSeen(deployed, id, {
    ...{ fn: 'Sink', platformSeconds: SECONDS },
    where: (value) => queueNameOf(value).endsWith(`:${name}`),
  });
  return (found.event as { readonly Records: readonly [Message] }).Records[0];
}

async function afterEvent(deployed: Deployment, fn: string, plan: Omit<Plan, 'id'>): Promise<string> {
  const id = newId();
  await invoke(deployed, fn, { ...probe(id, plan), order: 7 }, { type: 'Event' });
  return id;
}

interface InvocationRecord extends Json {
  readonly requestContext: Json;
  readonly responseContext?: Json;
  readonly responsePayload?: unknown;
}

const recordIn = async (deployed: Deployment, id: string, queue: string): Promise<InvocationRecord> =>
  JSON.parse((await messageIn(deployed, id, queue)).body) as InvocationRecord;

/** What the record of an event that failed has. */
const FAILED: Readonly<
  Record<string, (record: InvocationRecord, deployed: Deployment, id: string) => unknown>
> = {
  'the version 1.0 and a timestamp': ({ version, timestamp }) => {
    assert.equal(version, '1.0');
    assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  },
  'the request ID that the function had': async ({ requestContext }, deployed, id) => {
    const run = await firstSeen(deployed, id, { fn: 'Once' });
    assert.equal(requestContext['requestId'], run.requestId);
  },
  'the ARN of the function with $LATEST': async ({ requestContext }, deployed) => {
    assert.equal(requestContext['functionArn'], `${await functionArn(deployed, 'Once')}:$LATEST`);
  },
  'the condition RetriesExhausted': ({ requestContext }) =>
    assert.equal(requestContext['condition'], 'RetriesExhausted'),
  'the number of attempts': ({ requestContext }) => assert.equal(requestContext['approximateInvokeCount'], 2),
  'the event as its requestPayload': ({ requestPayload }, _, id) =>
    assert.deepEqual(requestPayload, { ...probe(id, { fail: true, error: ERROR }), order: 7 }),
  'status, version and error in its responseContext': ({ responseContext }) =>
    assert.deepEqual(responseContext, {
      ...{ statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    }),
  'the error as its responsePayload': ({ responsePayload }) => {
    const { errorType, errorMessage } = responsePayload as Json;
    assert.deepEqual([errorType, errorMessage], ['OrderError', 'no such order']);
  },
};

const failed = Object.entries(FAILED).map(([what, check]) =>
  asyncCase(
    `the record of an event that failed has ${what}`,
    RECORDS,
    async (deployed) => {
      const id = await afterEvent(deployed, 'Once', { fail: true, error: ERROR });
      await check(await recordIn(deployed, id, 'Failures'), deployed, id);
    },
    PATIENT,
  ),
);

/** What the record of an event that succeeded has. */
const SUCCEEDED: Readonly<Record<string, (record: InvocationRecord) => void>> = {
  'the condition Success': ({ requestContext }) => assert.equal(requestContext['condition'], 'Success'),
  'one attempt': ({ requestContext }) => assert.equal(requestContext['approximateInvokeCount'], 1),
  'what the function returned as its responsePayload': ({ responsePayload }) =>
    assert.deepEqual(responsePayload, { total: 3 }),
  'no functionError in its responseContext': ({ responseContext }) =>
    assert.deepEqual(responseContext, { statusCode: 200, executedVersion: '$LATEST' }),
};

const succeeded = Object.entries(SUCCEEDED).map(([what, check]) =>
  asyncCase(`the record of an event that succeeded has ${what}`, RECORDS, async (deployed) => {
    const id = await afterEvent(deployed, 'Once', { answer: { total: 3 } });
    check(await recordIn(deployed, id, 'Successes'));
  }),
);

/** The event that a bus gives of a record. */
async function onBus(deployed: Deployment, plan: Omit<Plan, 'id'>): Promise<Json> {
  const id = await afterEvent(deployed, 'ToBus', plan);
  const found = await firstSeen(deployed, id, { fn: 'Sink', platformSeconds: SECONDS });
  return found.event as Json;
}

const BUS = [
  { plan: { answer: 1 }, result: 'Success', condition: 'Success' },
  { plan: { fail: true }, result: 'Failure', condition: 'RetriesExhausted' },
] as const;

const onBuses = BUS.map(({ plan, result, condition }) =>
  asyncCase(
    `an event bus gets the record of a ${result.toLowerCase()} as the detail of an event`,
    RECORDS,
    async (deployed) => {
      const event = await onBus(deployed, plan);
      assert.equal(event['source'], 'lambda');
      assert.equal(event['detail-type'], `Lambda Function Invocation Result - ${result}`);
      assert.equal((event['detail'] as InvocationRecord).requestContext['condition'], condition);
    },
  ),
);

const others = [
  ...onBuses,
  asyncCase(
    'the event of a record names the function and the destination as its resources',
    RECORDS,
    async (deployed) => {
      const { resources } = await onBus(deployed, { answer: 1 });
      const bus = await arnOf(deployed, 'events', `event-bus/${await nameOf(deployed, 'NAME_Bus')}`);
      assert.deepEqual(resources, [`${await functionArn(deployed, 'ToBus')}:$LATEST`, bus]);
    },
  ),
  asyncCase('a function gets the record as its event', RECORDS, async (deployed) => {
    const id = await afterEvent(deployed, 'ToFunction', { answer: { total: 3 } });
    const found = await firstSeen(deployed, id, { fn: 'Sink' });
    const { requestContext, responsePayload } = found.event as InvocationRecord;
    assert.deepEqual([requestContext['condition'], responsePayload], ['Success', { total: 3 }]);
  }),
  asyncCase('a topic gets the record as its message', RECORDS, async (deployed) => {
    const id = await afterEvent(deployed, 'ToTopic', { answer: { total: 3 } });
    const found = await firstSeen(deployed, id, { fn: 'Sink' });
    const { Records } = found.event as {
      readonly Records: readonly { readonly Sns: { readonly Message: string } }[];
    };
    const { requestContext } = JSON.parse(Records[0]?.Sns.Message ?? '{}') as InvocationRecord;
    assert.equal(requestContext['condition'], 'Success');
  }),
  asyncCase(
    'an event that fails leaves no record of success, nor one that succeeds a record of failure',
    RECORDS,
    async (deployed) => {
      const bad = await afterEvent(deployed, 'Once', { fail: true });
      const good = await afterEvent(deployed, 'Once', {});
      await messageIn(deployed, bad, 'Failures');
      await messageIn(deployed, good, 'Successes');
      await pause(deployed, 10);
      for (const id of [bad, good]) {
        const sunk = (await seenNow(deployed, id)).filter(({ value }) => value.fn === 'Sink');
        assert.equal(sunk.length, 1);
      }
    },
    PATIENT,
  ),
  asyncCase(
    'an event that succeeds at its second attempt has a record of success with two attempts',
    RECORDS,
    async (deployed) => {
      const id = await afterEvent(deployed, 'Once', { fail: 1 });
      const { requestContext } = await recordIn(deployed, id, 'Successes');
      assert.deepEqual(
        [requestContext['condition'], requestContext['approximateInvokeCount']],
        ['Success', 2],
      );
    },
    PATIENT,
  ),
];

const ages = [
  asyncCase(
    'an event that gets older than MaximumEventAgeInSeconds is given up',
    ERRORS,
    async (deployed) => {
      const id = await afterEvent(deployed, 'Aging', { fail: true });
      const { requestContext } = await recordIn(deployed, id, 'Failures');
      assert.equal(requestContext['condition'], 'EventAgeExceeded');
    },
    PATIENT,
  ),
  asyncCase(
    'with a reserved concurrency of 0 events go to the destination at once',
    RECORDS,
    async (deployed) => {
      const id = await afterEvent(deployed, 'Closed', {});
      const { requestPayload } = await recordIn(deployed, id, 'Failures');
      assert.equal((requestPayload as Json)['order'], 7);
      assert.deepEqual(
        (await seenNow(deployed, id)).map(({ value }) => value.fn),
        ['Sink'],
      );
    },
  ),
];

/** What a message in a dead-letter queue has. */
const DEAD: Readonly<Record<string, (message: Message, deployed: Deployment, id: string) => unknown>> = {
  'the event as its body': ({ body }, _, id) =>
    assert.deepEqual(JSON.parse(body), { ...probe(id, { fail: true, error: ERROR }), order: 7 }),
  'the request ID as the attribute RequestID, a string': async ({ messageAttributes }, deployed, id) => {
    const run = await firstSeen(deployed, id, { fn: 'Dead' });
    const { stringValue, dataType } = messageAttributes['RequestID'] ?? {};
    assert.deepEqual([stringValue, dataType], [run.requestId, 'String']);
  },
  'the HTTP status as the attribute ErrorCode, a number': ({ messageAttributes }) => {
    const { stringValue, dataType } = messageAttributes['ErrorCode'] ?? {};
    assert.deepEqual([stringValue, dataType], ['200', 'Number']);
  },
  'the message of the error as the attribute ErrorMessage, a string': ({ messageAttributes }) => {
    const { stringValue, dataType } = messageAttributes['ErrorMessage'] ?? {};
    assert.deepEqual([stringValue, dataType], ['no such order', 'String']);
  },
};

const dead = Object.entries(DEAD).map(([what, check]) =>
  asyncCase(`a message in the dead-letter queue of a function has ${what}`, RECORDS, async (deployed) => {
    const id = await afterEvent(deployed, 'Dead', { fail: true, error: ERROR });
    await check(await messageIn(deployed, id, 'DeadLetters'), deployed, id);
  }),
);

const deadLetters = [
  ...dead,
  asyncCase('the attribute ErrorMessage is the first kilobyte of the message', RECORDS, async (deployed) => {
    const error = { name: 'LongError', message: 'm'.repeat(3_000) };
    const id = await afterEvent(deployed, 'Dead', { fail: true, error });
    const { messageAttributes } = await messageIn(deployed, id, 'DeadLetters');
    assert.equal(messageAttributes['ErrorMessage']?.stringValue.length, 1_024);
  }),
  asyncCase('a topic as a dead-letter queue gets the event as its message', RECORDS, async (deployed) => {
    const id = await afterEvent(deployed, 'DeadTopic', { fail: true });
    const found = await firstSeen(deployed, id, { fn: 'Sink' });
    const { Records } = found.event as {
      readonly Records: readonly { readonly Sns: { readonly Message: string } }[];
    };
    assert.equal((JSON.parse(Records[0]?.Sns.Message ?? '{}') as Json)['order'], 7);
  }),
  asyncCase(
    'a function may have a destination in addition to a dead-letter queue',
    RECORDS,
    async (deployed) => {
      const id = await afterEvent(deployed, 'Both', { fail: true });
      await messageIn(deployed, id, 'DeadLetters');
      await messageIn(deployed, id, 'Failures');
    },
  ),
];

export const DESTINATION_CASES: readonly ConformanceCase[] = [
  ...failed,
  ...succeeded,
  ...others,
  ...ages,
  ...deadLetters,
];
