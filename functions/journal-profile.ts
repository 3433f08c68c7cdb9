import type { EventBridgeEvent } from 'aws-lambda';
import { dynamoStore } from 'fibrin/dynamodb';
import { setting } from './shared/http.ts';
import { journalKey, readProfileUpdated } from './shared/profile-event.ts';

const views = dynamoStore({ table: setting('VIEWS_TABLE') });

/** Records each version of a profile once. The rule invokes it directly: without a queue, with Lambda's own retries. */
export async function handler(event: EventBridgeEvent<string, unknown>): Promise<void> {
  const { id, name, version } = readProfileUpdated(event.detail);
  await views.put(journalKey(id, version), { name, eventTime: event.time }, { when: ['absent'] });
}
