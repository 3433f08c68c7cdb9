import type { SQSRecord } from 'aws-lambda';
import { sqsBatch } from 'fibrin/events';
import { correlated } from 'fibrin/telemetry';
import { type BusEvent, profileConsumer } from './shared/profile-consumer.ts';
import { contactKey } from './shared/profile-event.ts';
import { tableStore } from './shared/tables.ts';

const contacts = tableStore('CONTACTS_TABLE');

const update = profileConsumer(
  {
    type: 'profile.contact-changed',
    name: 'contacts',
    eventOf: ({ body }: SQSRecord) => JSON.parse(body) as BusEvent,
  },
  ({ id, email, version }, _event, signal) =>
    contacts.put(
      contactKey(id),
      { email, version },
      { when: ['absent', [{ attribute: 'version', is: '<', value: version }]], signal },
    ),
);

/** Keeps the addresses apart from all else: only this function reads the bus that carries them. The newest version wins. */
export const handler = sqsBatch(correlated(update), {
  // Logged already, under the record's correlation id.
  onFailure: () => undefined,
});
