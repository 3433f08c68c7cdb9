import type { Random } from '../../lib/core/random.ts';
import type { Envelope } from '../../lib/events/envelope.ts';
import type { OutboxRecord } from '../../lib/events/outbox.ts';

/** What a record's outbox holds: an event, one that has expired, or something that can never be published. */
export type Kind = 'good' | 'expired' | 'poison';

export interface Change {
  readonly sequenceNumber: string;
  readonly item: string;
  readonly kind: Kind;
  readonly event: Envelope;
  readonly record: OutboxRecord;
}

const TIME = '2026-03-04T05:06:07Z';
const MAX_BYTES = 999_000;

/** Every way of not being publishable, one after the other. */
const POISON: readonly ((event: Envelope) => unknown)[] = [
  () => ({ S: '{"id":' }),
  (event) => ({ S: JSON.stringify({ ...event, time: 'yesterday' }) }),
  (event) => ({ S: JSON.stringify({ ...event, type: 'x'.repeat(129) }) }),
  (event) => ({ S: JSON.stringify({ ...event, data: 'x'.repeat(1_000_000) }) }),
  (event) => ({ S: JSON.stringify({ ...event, metadata: { sensitivity: 'secret' } }) }),
  () => ({ M: { id: { SS: ['a'] } } }),
];

/** As the DocumentClient writes an event. */
const asMap = ({ id, type, time, data }: Envelope) => ({
  M: { id: { S: id }, type: { S: type }, time: { S: time }, data: { S: String(data) } },
});

function* kindsOf(count: number, random: Random): Generator<Kind> {
  for (let index = 0; index < count; index++) {
    const chance = random.next();
    yield chance < 0.01 ? 'poison' : chance < 0.02 ? 'expired' : 'good';
  }
}

/** Changes of items, in the order of their stream. Data has 1 byte to 1 MB; half of it has less than 6 bytes. */
export function* outboxTraffic(count: number, items: number, random: Random): Generator<Change> {
  let poisoned = 0;
  let index = 0;
  for (const kind of kindsOf(count, random)) {
    const sequenceNumber = String(++index).padStart(21, '0');
    const item = `item-${Math.floor(random.next() * items)}`;
    const bytes = Math.floor(MAX_BYTES ** (random.next() ** 3));
    const event: Envelope = {
      ...{ id: `e-${index}`, type: 'item.changed', time: TIME, data: 'x'.repeat(bytes) },
      ...(kind === 'expired' && { metadata: { expiresAt: TIME } }),
    };
    const text = { S: JSON.stringify(event) };
    const good = kind === 'good' && index % 10 === 0 ? asMap(event) : text;
    const outbox = kind === 'poison' ? POISON[poisoned++ % POISON.length]?.(event) : good;
    const record: OutboxRecord = {
      eventName: 'INSERT',
      dynamodb: {
        ...{ SequenceNumber: sequenceNumber, StreamViewType: 'NEW_AND_OLD_IMAGES' },
        ...{ Keys: { pk: { S: item } }, NewImage: { pk: { S: item }, outbox } },
      },
    };
    yield { sequenceNumber, item, kind, event, record };
  }
}
