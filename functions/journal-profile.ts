import type { Context, EventBridgeEvent } from 'aws-lambda';
import { withCorrelation } from 'fibrin/middleware';
import { profileConsumer } from './shared/profile-consumer.ts';
import { journalKey } from './shared/profile-event.ts';
import { tableStore } from './shared/tables.ts';

const views = tableStore('VIEWS_TABLE');

const journal = profileConsumer(
  { type: 'profile.revised', name: 'journal', eventOf: (event: EventBridgeEvent<string, unknown>) => event },
  ({ id, name, version }, { time }, signal) =>
    views.put(journalKey(id, version), { name, eventTime: time }, { when: ['absent'], signal }),
);

/** Records each version of a profile once. The rule invokes it directly: without a queue, with Lambda's own retries. */
export const handler: (event: EventBridgeEvent<string, unknown>, context: Context) => Promise<void> =
  withCorrelation({}, journal);
