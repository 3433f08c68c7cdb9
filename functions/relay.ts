import { eventPublisher, outboxRelay } from 'fibrin/events';
import { setting } from './shared/settings.ts';

/**
 * Publishes the events in the outbox of changed users, from the table's stream, at least once each. Each goes to the bus of its
 * sensitivity.
 */
export const handler = outboxRelay(
  eventPublisher({
    bus: setting('INTERNAL_BUS'),
    buses: { public: setting('PUBLIC_BUS'), restricted: setting('RESTRICTED_BUS') },
    source: 'profiles',
  }),
);
