import type { ScheduleModel } from '../scheduler/schedule.ts';
import { readDeliveryPolicy } from './delivery.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';

const NAMES = [
  'EndDate',
  'FlexibleTimeWindow',
  'GroupName',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'StartDate',
  'State',
  'Target',
];

/** What a schedule sends that brings no input. */
const defaultInput = (arn: string, { account, region }: TemplateReader): string =>
  JSON.stringify({
    version: '0',
    id: '<aws.scheduler.execution-id>',
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account,
    time: '<aws.scheduler.scheduled-time>',
    region,
    resources: [arn],
    detail: '{}',
  });

/** The schedules of EventBridge Scheduler. One with a flexible window runs at the window's beginning. */
export function readSchedules(reader: TemplateReader): readonly ScheduleModel[] {
  return reader.ofType(['AWS::Scheduler::Schedule'], NAMES).map(({ logicalId, properties }) => {
    const name = reader.nameOf(logicalId);
    const target = properties['Target'] as Properties;
    const targetArn = String(target['Arn']);
    if (!/^arn:[^:]*:(lambda|sns|sqs):[^:]+:/.test(targetArn)) {
      refuse(logicalId, `the target ${targetArn}`, 'point the schedule at a function, a queue or a topic');
    }
    const arn = `arn:aws:scheduler:${reader.region}:${reader.account}:schedule/${properties['GroupName'] ?? 'default'}/${name}`;
    const date = (property: string) =>
      properties[property] === undefined ? undefined : String(properties[property]);
    const group = (target['SqsParameters'] as Properties | undefined)?.['MessageGroupId'];
    return {
      name,
      arn,
      expression: String(properties['ScheduleExpression']),
      timezone: String(properties['ScheduleExpressionTimezone'] ?? 'UTC'),
      state: properties['State'] === 'DISABLED' ? 'DISABLED' : 'ENABLED',
      startDate: date('StartDate'),
      endDate: date('EndDate'),
      targetArn,
      input: target['Input'] === undefined ? defaultInput(arn, reader) : String(target['Input']),
      ...readDeliveryPolicy(target),
      ...(group !== undefined && { messageGroupId: String(group) }),
    };
  });
}
