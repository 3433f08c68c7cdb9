import { eventPublisher, outboxRelay } from 'fibrin/events';
import { setting } from './shared/http.ts';

/** From the users' stream to the bus: what a change put into its item's outbox is published, once at the least. */
export const handler = outboxRelay(eventPublisher({ bus: setting('BUS'), source: 'profiles' }));
