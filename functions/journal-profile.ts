import type { EventBridgeEvent } from 'aws-lambda';
import { dynamoStore } from 'fibrin/dynamodb';
import { setting } from './shared/http.ts';
import { journalKey, readProfileUpdated } from './shared/profile-event.ts';

const views = dynamoStore({ table: setting('VIEWS_TABLE') });

/** Notes each version of a profile once. Invoked by the rule itself: no queue in between, Lambda's own retries behind. */
export async function handler(event: EventBridgeEvent<string, unknown>): Promise<void> {
  const { id, name, version } = readProfileUpdated(event.detail);
  await views.put(journalKey(id, version), { name, eventTime: event.time }, { when: ['absent'] });
}
