import { isRecord } from '#core/property';
import type { Delivery } from '../delivery.ts';
import { listOf, propertyAt, type Resources } from '../references.ts';

const EVENTS = 'events.amazonaws.com';

/** Of EventBridge: what rules deliver to their targets, and what they and buses could not. */
export function eventDeliveries(resources: Resources): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  for (const rule of resources.ofType('AWS::Events::Rule'))
    for (const target of listOf(propertyAt(rule, 'Targets'))) {
      if (!isRecord(target)) continue;
      const { Id: id, Arn, RoleArn, DeadLetterConfig } = target;
      const to = resources.at(rule.stack, Arn);
      if (to && RoleArn === undefined)
        deliveries.push({
          ...{ from: rule, to, by: EVENTS, source: rule },
          ...{ as: `its target ${String(id)}`, otherwise: 'no event arrives' },
        });
      const queue = isRecord(DeadLetterConfig) && resources.at(rule.stack, DeadLetterConfig['Arn']);
      if (queue)
        deliveries.push({
          ...{ from: rule, to: queue, by: EVENTS, source: rule },
          as: `the dead-letter queue of its target ${String(id)}`,
          otherwise: 'events that the target does not take are lost',
        });
    }
  for (const bus of resources.ofType('AWS::Events::EventBus')) {
    const queue = resources.of(bus, 'DeadLetterConfig', 'Arn');
    if (queue)
      deliveries.push({
        ...{ from: bus, to: queue, by: EVENTS, source: bus, as: 'its dead-letter queue' },
        otherwise: 'events that it cannot encrypt or decrypt are lost',
      });
  }
  return deliveries;
}
