import { eventPublisher, outboxRelay } from 'fibrin/events';
import { setting } from './setting.ts';

/** Publishes the events in the outboxes of orders, at least once each. */
export const handler = outboxRelay(eventPublisher({ bus: setting('BUS'), source: 'orders' }));
