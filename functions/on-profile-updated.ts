import type { SQSRecord } from 'aws-lambda';
import { sqsBatch } from 'fibrin/events';
import { correlated } from 'fibrin/telemetry';
import { userCache } from './shared/caches.ts';
import { type BusEvent, profileConsumer } from './shared/profile-consumer.ts';
import { viewKey } from './shared/profile-event.ts';
import { tableStore } from './shared/tables.ts';

const views = tableStore('VIEWS_TABLE');
const users = userCache();

const update = profileConsumer(
  {
    type: 'profile.updated',
    name: 'read-model',
    eventOf: ({ body }: SQSRecord) => JSON.parse(body) as BusEvent,
  },
  async ({ id, name, version }, _event, signal) => {
    await views.put(
      viewKey(id),
      { name, version },
      { when: ['absent', [{ attribute: 'version', is: '<', value: version }]], signal },
    );
    await users.invalidate(id, { version });
  },
);

/**
 * Updates the read model, and lets no environment hand out an older version: the newest one wins, in any order and however often a
 * change arrives.
 */
export const handler = sqsBatch(correlated(update), {
  // Logged already, under the record's correlation id.
  onFailure: () => undefined,
});
