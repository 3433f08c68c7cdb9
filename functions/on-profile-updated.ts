import { dynamoStore } from 'fibrin/dynamodb';
import { envelopeHandler, sqsBatch } from 'fibrin/events';
import { setting } from './shared/http.ts';
import { cacheKey, readProfileUpdated, viewKey } from './shared/profile-event.ts';

const views = dynamoStore({ table: setting('VIEWS_TABLE') });
const cache = dynamoStore({ table: setting('CACHE_TABLE') });

/** Updates the read model: the newest version wins, in any order and however often a change arrives. */
const update = envelopeHandler(async (event) => {
  const { id, name, version } = readProfileUpdated(event);
  await views.put(
    viewKey(id),
    { name, version },
    { when: ['absent', [{ attribute: 'version', is: '<', value: version }]] },
  );
  await cache.delete(cacheKey(id));
});

export const handler = sqsBatch(update);
