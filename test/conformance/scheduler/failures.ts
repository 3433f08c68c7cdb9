import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, firstSeen } from '../events/calls.ts';
import { PATIENT } from '../events/case-of.ts';
import { type MessageRecord, onlyRecord } from '../events/messages.ts';
import { nearSeconds } from './near.ts';
import { DEAD_LETTERS, schedulerCase } from './pages.ts';
import type { Sent } from './runs.ts';

const valueIn = ({ messageAttributes }: MessageRecord, name: string): unknown =>
  messageAttributes[name]?.['stringValue'];

const CHECKS: Readonly<Record<string, (record: MessageRecord, deployed: Deployment) => unknown>> = {
  'the input of the schedule': ({ body }) => assert.equal((JSON.parse(body) as Sent).probe.id, 'lost'),
  'the attribute SCHEDULE_ARN': async (record, deployed) =>
    assert.equal(
      valueIn(record, 'SCHEDULE_ARN'),
      await arnOf(deployed, 'scheduler', 'schedule/default/conformance-lost'),
    ),
  'the attribute TARGET_ARN': async (record, deployed) =>
    assert.equal(valueIn(record, 'TARGET_ARN'), await arnOf(deployed, 'lambda', 'function:no-such-function')),
  'the attribute SCHEDULED_TIME': (record) =>
    assert.match(String(valueIn(record, 'SCHEDULED_TIME')), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  'the attribute EXECUTION_ID': (record) =>
    assert.match(String(valueIn(record, 'EXECUTION_ID')), /^[\da-z-]{8,}$/),
  'the attribute ERROR_CODE': (record) => assert.ok(valueIn(record, 'ERROR_CODE')),
  'the attribute ERROR_MESSAGE': (record) => assert.ok(valueIn(record, 'ERROR_MESSAGE')),
  'the attribute RETRY_ATTEMPTS': (record) =>
    assert.match(String(valueIn(record, 'RETRY_ATTEMPTS')), /^\d+$/),
  'the attribute IS_PAYLOAD_TRUNCATED': (record) =>
    assert.equal(valueIn(record, 'IS_PAYLOAD_TRUNCATED'), 'false'),
};

/** What the dead-letter queue of a schedule has whose target is not there. */
export const SCHEDULE_FAILURE_CASES: readonly ConformanceCase[] = Object.entries(CHECKS).map(
  ([what, check]) =>
    schedulerCase(
      `a dead-letter event has ${what}`,
      DEAD_LETTERS,
      async (deployed) => {
        await check(
          onlyRecord(await firstSeen(deployed, 'lost', { platformSeconds: nearSeconds(deployed) })),
          deployed,
        );
      },
      PATIENT,
    ),
);
