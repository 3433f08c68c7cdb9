import assert from 'node:assert/strict';
import type { BusEvent } from '../buses/put.ts';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, firstSeen, nameOf, seen } from '../events/calls.ts';
import { PATIENT } from '../events/case-of.ts';
import { nearSeconds } from './near.ts';
import { RULES, schedulerCase } from './pages.ts';

const MEMBERS: Readonly<Record<string, (event: BusEvent, deployed: Deployment) => unknown>> = {
  'aws.events as its source': ({ source }) => assert.equal(source, 'aws.events'),
  'the detail-type Scheduled Event': (event) => assert.equal(event['detail-type'], 'Scheduled Event'),
  'the ARN of the rule as its resource': async ({ resources }, deployed) =>
    assert.deepEqual(resources, [await arnOf(deployed, 'events', 'rule/conformance-ticks')]),
  'an empty detail': ({ detail }) => assert.deepEqual(detail, {}),
  'the account': async ({ account }, deployed) => assert.equal(account, await nameOf(deployed, 'ACCOUNT')),
};

/** Rules with a schedule, which EventBridge had before there was Scheduler. */
export const RULE_CASES: readonly ConformanceCase[] = [
  ...Object.entries(MEMBERS).map(([what, check]) =>
    schedulerCase(
      `the event of a rule with a schedule has ${what}`,
      RULES,
      async (deployed) => {
        const { event } = await firstSeen(deployed, 'Ticks', { platformSeconds: nearSeconds(deployed) });
        await check(event as BusEvent, deployed);
      },
      PATIENT,
    ),
  ),
  schedulerCase(
    'a rule with rate(1 minute) runs every minute',
    RULES,
    async (deployed) => {
      const all = await seen(deployed, 'Ticks', { count: 3, platformSeconds: nearSeconds(deployed) });
      const times = all.map(({ value }) => Date.parse((value.event as BusEvent).time)).sort((a, b) => a - b);
      const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1_000);
      assert.ok(
        gaps.every((gap) => Math.abs(gap - 60) <= 1),
        `gaps of ${gaps.join(', ')} s`,
      );
    },
    PATIENT,
  ),
  schedulerCase(
    'a rule with cron runs at its minutes',
    RULES,
    async (deployed) => {
      await seen(deployed, 'rule-cron', { count: 2, platformSeconds: nearSeconds(deployed) });
    },
    PATIENT,
  ),
];
