import { alarmDeliveries } from './deliveries/alarms.ts';
import { eventDeliveries } from './deliveries/events.ts';
import { functionDeliveries } from './deliveries/functions.ts';
import { scheduleDeliveries } from './deliveries/schedules.ts';
import { topicDeliveries } from './deliveries/topics.ts';
import type { Delivery } from './delivery.ts';
import type { Resources } from './references.ts';

/** All that resources of these templates are to deliver to each other, where both ends are known. */
export const deliveriesOf = (resources: Resources): readonly Delivery[] => [
  ...eventDeliveries(resources),
  ...functionDeliveries(resources),
  ...scheduleDeliveries(resources),
  ...topicDeliveries(resources),
  ...alarmDeliveries(resources),
];
