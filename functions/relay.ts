import { eventPublisher, outboxRelay } from 'fibrin/events';
import { setting } from './shared/settings.ts';

/** Publishes the events in the outbox of changed users, from the table's stream to the bus, at least once each. */
export const handler = outboxRelay(eventPublisher({ bus: setting('BUS'), source: 'profiles' }));
