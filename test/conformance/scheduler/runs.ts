import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { arnOf, firstSeen, pause, type SeenRecord, seen, seenNow } from '../events/calls.ts';
import { PATIENT } from '../events/case-of.ts';
import { recordsIn } from '../events/messages.ts';
import { nearSeconds } from './near.ts';
import {
  CONTEXT,
  CREATE,
  FLEXIBLE,
  GROUPS,
  STATE,
  schedulerCase,
  TARGET,
  TEMPLATED,
  TYPES,
} from './pages.ts';
import { expressionsFor, isoSeconds } from './times.ts';

/** What every schedule of the app sends. */
export interface Sent {
  readonly probe: { readonly id: string };
  /** The minute in which the schedules of one time are due. */
  readonly near: string;
  readonly arn: string;
  readonly time: string;
  readonly execution: string;
  readonly attempt: string;
}

const MINUTES = 60;

const sentIn = ({ value }: SeenRecord): Sent => value.event as Sent;
/** When a schedule ran: by the clock on the wall, but where the platform's own goes faster, by what it says. */
const ranAt = (deployed: Deployment, one: SeenRecord): number =>
  deployed.timeScale === 1 ? one.at : Date.parse(sentIn(one).time);
/** AWS promises to be due within the minute. */
const PRECISION_MS = 60_000;
const minuteOf = (ms: number): string => isoSeconds(Math.floor(ms / PRECISION_MS) * PRECISION_MS);

/** The near minute is over when this one has run. */
const afterNear = (deployed: Deployment) =>
  seen(deployed, 'at-utc', { platformSeconds: nearSeconds(deployed) }).then(() =>
    pause(deployed, 2 * MINUTES),
  );

const expressions = expressionsFor(Date.now()).map(({ key, title, never }) =>
  schedulerCase(
    title,
    TYPES,
    async (deployed) => {
      if (never) {
        await afterNear(deployed);
        return assert.deepEqual(await seenNow(deployed, key), []);
      }
      const [first] = await seen(deployed, key, { platformSeconds: nearSeconds(deployed) });
      assert.ok(first);
      assert.equal(minuteOf(ranAt(deployed, first)), sentIn(first).near);
    },
    PATIENT,
  ),
);

const RATES = [
  { key: 'rate-minute', title: 'rate(1 minute) runs every minute', seconds: 60 },
  { key: 'rate-minutes', title: 'rate(2 minutes) runs every second minute', seconds: 120 },
  { key: 'cron-minute', title: 'cron(* * * * ? *) runs every minute', seconds: 60 },
] as const;

const rates = RATES.map(({ key, title, seconds }) =>
  schedulerCase(
    title,
    TYPES,
    async (deployed) => {
      const all = await seen(deployed, key, {
        count: seconds === 60 ? 3 : 2,
        platformSeconds: 4 * seconds + nearSeconds(deployed),
      });
      const times = all.map((one) => ranAt(deployed, one)).sort((a, b) => a - b);
      const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1_000);
      const tolerance = deployed.timeScale === 1 ? 20 : 0;
      assert.ok(
        gaps.every((gap) => Math.abs(gap - seconds) <= tolerance),
        `gaps of ${gaps.join(', ')} s`,
      );
    },
    PATIENT,
  ),
);

const runs = [
  schedulerCase(
    'a rate without a start date begins at once',
    TYPES,
    async (deployed) => {
      const [first] = await seen(deployed, 'rate-hour', { platformSeconds: nearSeconds(deployed) });
      assert.ok(first);
    },
    PATIENT,
  ),
  schedulerCase(
    'at runs once',
    TYPES,
    async (deployed) => {
      await afterNear(deployed);
      assert.equal((await seenNow(deployed, 'at-utc')).length, 1);
    },
    PATIENT,
  ),
  schedulerCase(
    'a schedule that is disabled does not run',
    STATE,
    async (deployed) => {
      await afterNear(deployed);
      assert.deepEqual(await seenNow(deployed, 'disabled'), []);
    },
    PATIENT,
  ),
  schedulerCase(
    'a schedule does not run before its start date',
    CREATE,
    async (deployed) => {
      const all = await seen(deployed, 'starting', { platformSeconds: nearSeconds(deployed) });
      for (const one of all) assert.ok(ranAt(deployed, one) >= Date.parse(sentIn(one).near));
    },
    PATIENT,
  ),
  schedulerCase(
    'a schedule does not run after its end date',
    CREATE,
    async (deployed) => {
      await afterNear(deployed);
      await pause(deployed, 2 * MINUTES);
      const all = await seenNow(deployed, 'ending');
      assert.ok(all.length > 0, 'it never ran');
      for (const one of all) assert.ok(ranAt(deployed, one) <= Date.parse(sentIn(one).near) + PRECISION_MS);
    },
    PATIENT,
  ),
  schedulerCase(
    'a one-time schedule takes no notice of its start date',
    CREATE,
    async (deployed) => {
      await seen(deployed, 'at-start', { platformSeconds: nearSeconds(deployed) });
    },
    PATIENT,
  ),
  schedulerCase(
    'a schedule with a flexible window runs within it',
    FLEXIBLE,
    async (deployed) => {
      const [first] = await seen(deployed, 'flexible', {
        platformSeconds: nearSeconds(deployed) + 5 * MINUTES,
      });
      assert.ok(first);
    },
    PATIENT,
  ),
];

const attributes: Readonly<Record<string, (sent: Sent, deployed: Deployment) => unknown>> = {
  'schedule-arn': async ({ arn }, deployed) =>
    assert.equal(arn, await arnOf(deployed, 'scheduler', 'schedule/default/conformance-rate-minute')),
  'scheduled-time': ({ time }) => assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  'execution-id': ({ execution }) => assert.match(execution, /^[\da-z-]{8,}$/),
  'attempt-number': ({ attempt }) => assert.equal(attempt, '1'),
};

const contexts = [
  ...Object.entries(attributes).map(([name, check]) =>
    schedulerCase(
      `<aws.scheduler.${name}> in the input is replaced`,
      CONTEXT,
      async (deployed) => {
        const [first] = await seen(deployed, 'rate-minute', { platformSeconds: nearSeconds(deployed) });
        assert.ok(first);
        await check(sentIn(first), deployed);
      },
      PATIENT,
    ),
  ),
  schedulerCase(
    'each invocation has an execution ID of its own',
    CONTEXT,
    async (deployed) => {
      const all = await seen(deployed, 'rate-minute', { count: 3, platformSeconds: nearSeconds(deployed) });
      assert.equal(new Set(all.map((one) => sentIn(one).execution)).size, all.length);
    },
    PATIENT,
  ),
  schedulerCase(
    'the ARN of a schedule has the name of its group',
    GROUPS,
    async (deployed) => {
      const [first] = await seen(deployed, 'grouped', { platformSeconds: nearSeconds(deployed) });
      assert.ok(first);
      assert.equal(
        sentIn(first).arn,
        await arnOf(deployed, 'scheduler', 'schedule/conformance-group/conformance-grouped'),
      );
    },
    PATIENT,
  ),
];

const targets = [
  schedulerCase(
    'a function gets the input as its event',
    TARGET,
    async (deployed) => {
      const { event } = await firstSeen(deployed, 'rate-minute', { platformSeconds: nearSeconds(deployed) });
      assert.equal((event as Sent).probe.id, 'rate-minute');
    },
    PATIENT,
  ),
  schedulerCase(
    'a target without an input gets a default notification',
    TARGET,
    async (deployed) => {
      const { event } = await firstSeen(deployed, 'Defaults', { platformSeconds: nearSeconds(deployed) });
      assert.equal(typeof event, 'object');
    },
    PATIENT,
  ),
  schedulerCase(
    'a queue gets the input as the body of a message',
    TEMPLATED,
    async (deployed) => {
      const [record] = recordsIn(
        await firstSeen(deployed, 'to-queue', { platformSeconds: nearSeconds(deployed) }),
      );
      assert.equal((JSON.parse(record?.body ?? '{}') as Sent).probe.id, 'to-queue');
    },
    PATIENT,
  ),
  schedulerCase(
    'a FIFO queue gets messages with the message group of the target',
    TEMPLATED,
    async (deployed) => {
      const [record] = recordsIn(
        await firstSeen(deployed, 'to-fifo', { platformSeconds: nearSeconds(deployed) }),
      );
      assert.equal(record?.attributes['MessageGroupId'], 'schedules');
    },
    PATIENT,
  ),
  schedulerCase(
    'a topic gets the input as its message',
    TEMPLATED,
    async (deployed) => {
      const { event } = await firstSeen(deployed, 'to-topic', { platformSeconds: nearSeconds(deployed) });
      const { Records } = event as {
        readonly Records: readonly { readonly Sns: { readonly Message: string } }[];
      };
      assert.equal((JSON.parse(Records[0]?.Sns.Message ?? '{}') as Sent).probe.id, 'to-topic');
    },
    PATIENT,
  ),
];

export const RUN_CASES: readonly ConformanceCase[] = [
  ...expressions,
  ...rates,
  ...runs,
  ...contexts,
  ...targets,
];
