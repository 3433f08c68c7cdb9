import type { Delivery } from '../delivery.ts';
import type { Resources } from '../references.ts';

/** Of EventBridge Scheduler, in the name of a schedule's role. */
export const scheduleDeliveries = (resources: Resources): readonly Delivery[] =>
  resources.ofType('AWS::Scheduler::Schedule').flatMap((from) => {
    const by = resources.of(from, 'Target', 'RoleArn');
    if (by?.type !== 'AWS::IAM::Role') return [];
    const target = resources.of(from, 'Target', 'Arn');
    const queue = resources.of(from, 'Target', 'DeadLetterConfig', 'Arn');
    return [
      ...(target
        ? [{ from, to: target, by, as: 'its target', otherwise: 'nothing happens when it is due' }]
        : []),
      ...(queue
        ? [
            {
              ...{ from, to: queue, by, as: 'its dead-letter queue' },
              otherwise: 'runs that its target does not take are lost',
            },
          ]
        : []),
    ];
  });
