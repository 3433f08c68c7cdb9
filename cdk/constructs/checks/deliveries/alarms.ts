import type { Delivery } from '../delivery.ts';
import { listOf, propertyAt, type Resources } from '../references.ts';
import type { TemplateResource } from '../rule.ts';

const ACTIONS = ['AlarmActions', 'OKActions', 'InsufficientDataActions'];

/** Of CloudWatch: to the topics that alarms notify. One for each topic, however many alarms it has. */
export function alarmDeliveries(resources: Resources): readonly Delivery[] {
  const alarmsOf = new Map<TemplateResource, Set<TemplateResource>>();
  for (const alarm of resources.ofType('AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm')) {
    if (propertyAt(alarm, 'ActionsEnabled') === false) continue;
    for (const action of ACTIONS.flatMap((name) => listOf(propertyAt(alarm, name)))) {
      const topic = resources.at(alarm.stack, action);
      if (topic?.type === 'AWS::SNS::Topic')
        alarmsOf.set(topic, (alarmsOf.get(topic) ?? new Set()).add(alarm));
    }
  }
  return [...alarmsOf].map(([topic, alarms]) => {
    const [first] = alarms;
    const source = alarms.size === 1 ? first : undefined;
    const others = alarms.size === 1 ? '' : ` and ${alarms.size - 1} more`;
    return {
      ...{ from: topic, to: topic, by: 'cloudwatch.amazonaws.com', source },
      ...{ as: `the topic of the alarm ${first?.path}${others}`, otherwise: 'no one hears of an alarm' },
    };
  });
}
