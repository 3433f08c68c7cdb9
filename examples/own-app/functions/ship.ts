import type { Context } from 'aws-lambda';
import { dynamoStore } from 'fibrin/dynamodb';
import { type Envelope, envelopeHandler, sqsBatch } from 'fibrin/events';
import { setting } from './setting.ts';

const shipments = dynamoStore({ table: setting('SHIPMENTS_TABLE') });

/** One shipment for each event, however often it arrives: a second write of the same id is refused. */
async function ship({ id, time, data }: Envelope, _context: Context): Promise<void> {
  const { item } = data as { readonly item: string };
  await shipments.put(`shipment#${id}`, { item, orderedAt: time }, { when: ['absent'] });
}

export const handler = sqsBatch(envelopeHandler(ship));
