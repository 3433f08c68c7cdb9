import type { ConformanceApp, Resources, TemplateResource } from '../case.ts';
import { mapping, namesOf, queue, queuePolicy, sink, watchedQueue } from '../events/resources.ts';
import { handlerFile } from '../handler-file.ts';
import { getAtt, permission, ref } from '../template.ts';
import { SCHEDULE_FAILURE_CASES } from './failures.ts';
import { RULE_CASES } from './rules.ts';
import { RUN_CASES } from './runs.ts';
import { expressionsFor, isoSeconds, nearMinute } from './times.ts';

type Properties = Readonly<Record<string, unknown>>;
const TIME_SCALE = 30;

interface Schedule {
  readonly expression: string;
  readonly target?: Properties;
  readonly more?: Properties;
}

/** A schedule whose input says what it is, and what Scheduler puts in. */
function schedule(key: string, near: string, { expression, target, more }: Schedule): Resources {
  const input = {
    ...{ probe: { id: key }, near, arn: '<aws.scheduler.schedule-arn>' },
    ...{ time: '<aws.scheduler.scheduled-time>', execution: '<aws.scheduler.execution-id>' },
    attempt: '<aws.scheduler.attempt-number>',
  };
  return {
    [`Schedule${key.replaceAll(/[-_]/g, '')}`]: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ...{
          Name: `conformance-${key}`,
          ScheduleExpression: expression,
          FlexibleTimeWindow: { Mode: 'OFF' },
        },
        Target: { Arn: getAtt('Sink'), RoleArn: getAtt('Role'), Input: JSON.stringify(input), ...target },
        ...more,
      },
    },
  };
}

const missing = {
  'Fn::Sub': 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:no-such-function',
};

const rule = (properties: Properties): TemplateResource => ({
  Type: 'AWS::Events::Rule',
  Properties: properties,
});

const ends: Resources = {
  ...sink(),
  ...sink('Defaults'),
  ...sink('Ticks'),
  ...watchedQueue('Messages'),
  ...watchedQueue('Dead'),
  ...queue('Ordered', { FifoQueue: true, ContentBasedDeduplication: true }),
  ...mapping('Sink', 'Ordered', { BatchSize: 1 }),
  ...queuePolicy(['scheduler'], ['Messages', 'Dead', 'Ordered']),
  Topic: { Type: 'AWS::SNS::Topic' },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: ref('Topic'), Protocol: 'lambda', Endpoint: getAtt('Sink') },
  },
  SinkForSns: permission('Sink', 'sns'),
  SinkForEvents: permission('Sink', 'events'),
  TicksForEvents: permission('Ticks', 'events'),
  Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'conformance-group' } },
  RuleTicks: rule({
    ...{ Name: 'conformance-ticks', ScheduleExpression: 'rate(1 minute)' },
    Targets: [{ Id: 'Ticks', Arn: getAtt('Ticks') }],
  }),
  RuleCron: rule({
    ...{ Name: 'conformance-cron', ScheduleExpression: 'cron(* * * * ? *)' },
    Targets: [{ Id: 'Sink', Arn: getAtt('Sink'), Input: JSON.stringify({ probe: { id: 'rule-cron' } }) }],
  }),
};

const EACH_MINUTE = 'rate(1 minute)';
const EACH_HOUR = 'rate(1 hour)';

/** The schedules, some of which are due in a minute that is near. */
function schedulesFor(ms: number): Resources {
  const near = isoSeconds(ms);
  const at = `at(${near.slice(0, -1)})`;
  const all: Readonly<Record<string, Schedule>> = {
    ...Object.fromEntries(
      expressionsFor(ms).map(({ key, expression, zone }) => [
        key,
        { expression, ...(zone !== undefined && { more: { ScheduleExpressionTimezone: zone } }) },
      ]),
    ),
    'rate-minute': { expression: EACH_MINUTE },
    'rate-minutes': { expression: 'rate(2 minutes)' },
    'rate-hour': { expression: EACH_HOUR },
    'cron-minute': { expression: 'cron(* * * * ? *)' },
    disabled: { expression: EACH_MINUTE, more: { State: 'DISABLED' } },
    starting: { expression: EACH_MINUTE, more: { StartDate: near } },
    ending: { expression: EACH_MINUTE, more: { EndDate: near } },
    'at-start': { expression: at, more: { StartDate: isoSeconds(ms + 86_400_000) } },
    flexible: {
      expression: at,
      more: { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } },
    },
    grouped: { expression: EACH_MINUTE, more: { GroupName: ref('Group') } },
    'to-queue': { expression: EACH_MINUTE, target: { Arn: getAtt('Messages') } },
    'to-fifo': {
      ...{ expression: EACH_MINUTE },
      target: { Arn: getAtt('Ordered'), SqsParameters: { MessageGroupId: 'schedules' } },
    },
    'to-topic': { expression: EACH_MINUTE, target: { Arn: ref('Topic') } },
    defaults: { expression: EACH_MINUTE, target: { Arn: getAtt('Defaults'), Input: undefined } },
    lost: {
      expression: EACH_MINUTE,
      target: {
        ...{ Arn: missing, DeadLetterConfig: { Arn: getAtt('Dead') } },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    },
  };
  return Object.assign({}, ...Object.entries(all).map(([key, one]) => schedule(key, near, one)));
}

/** EventBridge Scheduler, and rules with a schedule. */
export const SCHEDULER_APP: ConformanceApp = {
  name: 'scheduler',
  resources: (timeScale) => ({ ...ends, ...schedulesFor(nearMinute(Date.now(), timeScale)) }),
  driver: namesOf(ends),
  code: { probe: handlerFile('probe') },
  cases: [...RUN_CASES, ...SCHEDULE_FAILURE_CASES, ...RULE_CASES],
  timeScale: TIME_SCALE,
};
