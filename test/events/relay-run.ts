import { systemClock } from '../../lib/core/clock.ts';
import { hasCode } from '../../lib/core/errors.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { eventPublisher } from '../../lib/events/publisher.ts';
import { outboxRelay } from '../../lib/events/relay.ts';
import { type Batch, payloadOf, takeBatch, type Waiting } from '../../lib/local/streams/batch.ts';
import { outcomeOf } from '../../lib/local/streams/outcome.ts';
import { afterFailure } from '../../lib/local/streams/retry.ts';
import { lambdaContext } from '../../lib/testing/index.ts';
import { startLossyBus } from './lossy-bus.ts';
import { type Change, type Kind, outboxTraffic } from './outbox-traffic.ts';

export interface RelayRunOptions {
  readonly events: number;
  readonly items: number;
  /** Of the entries that come to the bus. Fraction. */
  readonly rejectedRatio: number;
  readonly seed: number;
}

type Known = Omit<Change, 'record' | 'event'> & { readonly id: string };

export interface RelayRun {
  readonly changes: readonly Known[];
  /** The ids that the bus has taken, in their order, with repetitions. */
  readonly taken: readonly string[];
  /** Sequence numbers of the records that were given up, in their order. */
  readonly givenUp: readonly string[];
  readonly expired: ReadonlySet<string>;
  readonly figures: Readonly<Record<string, number>>;
}

const POLICY = { bisectBatchOnError: true, maximumRetryAttempts: 3, maximumRecordAgeSeconds: -1 };
const BATCH_SIZE = 100;

function toWaiting({ sequenceNumber, record }: Change): Waiting {
  const json = JSON.stringify(record);
  return {
    ...{ shardId: 's', sequenceNumber, createdAtSeconds: 0, arrivedAtMs: 0 },
    ...{ json, bytes: Buffer.byteLength(json) },
  };
}

/** Relays changes from a shard to a bus that rejects entries, as the event source mapping of the local run does. */
export async function runRelay({ events, items, rejectedRatio, seed }: RelayRunOptions): Promise<RelayRun> {
  const bus = await startLossyBus(rejectedRatio, seededRandom(seed + 1));
  const changes: Known[] = [];
  const givenUp: string[] = [];
  const expired = new Set<string>();
  const counts = { invocations: 0, reports: 0, 'reports for want of budget': 0, bytes: 0 };
  const publisher = eventPublisher({
    ...{ bus: 'default', source: 'test', client: bus.client, random: seededRandom(seed + 2) },
    retry: { baseDelayMs: 1, maxDelayMs: 5 },
  });
  const relay = outboxRelay(publisher, {
    onExpired: ({ id }) => expired.add(id),
    onFailure(_, error) {
      counts.reports++;
      if (hasCode(error, 'RETRY_BUDGET_EXHAUSTED')) counts['reports for want of budget']++;
    },
  });

  async function deliver(batch: Batch): Promise<void> {
    counts.invocations++;
    const answer = await relay(JSON.parse(payloadOf(batch)), lambdaContext({ remainingMs: 60_000 }));
    const numbers = batch.items.map(({ sequenceNumber }) => sequenceNumber);
    const outcome = outcomeOf({ kind: 'success', payload: JSON.stringify(answer) }, numbers, true);
    if (outcome.kind !== 'failed') return;
    const next = afterFailure(batch, outcome.from, POLICY);
    if (next.kind === 'exhausted') givenUp.push(...next.items.map(({ sequenceNumber }) => sequenceNumber));
    else for (const each of next.batches) await deliver(each);
  }

  const startedAt = systemClock.monotonic();
  try {
    const traffic = outboxTraffic(events, items, seededRandom(seed));
    const queue: Waiting[] = [];
    for (let isOver = false; !isOver || queue.length > 0; ) {
      while (!isOver && queue.length < BATCH_SIZE) {
        const { value, done } = traffic.next();
        if (done) isOver = true;
        else {
          const { record: _, event, ...known } = value;
          changes.push({ ...known, id: event.id });
          queue.push(toWaiting(value));
          counts.bytes += queue.at(-1)?.bytes ?? 0;
        }
      }
      const batch = takeBatch(queue, BATCH_SIZE);
      queue.splice(0, batch.items.length);
      if (batch.items.length > 0) await deliver(batch);
    }
  } finally {
    await bus.close();
  }
  const ms = Math.round(systemClock.monotonic() - startedAt);
  const repeated = bus.taken.length - new Set(bus.taken).size;
  return {
    ...{ changes, taken: bus.taken, givenUp, expired },
    figures: { ...counts, ...bus.counts, taken: bus.taken.length, 'taken again': repeated, ms },
  };
}

/** What a run did wrong: each finding is a sentence. */
export function judgeRelay({ changes, taken, givenUp, expired }: RelayRun): readonly string[] {
  const wrong: string[] = [];
  const idsOf = (kind: Kind) => changes.filter((each) => each.kind === kind).map(({ id }) => id);
  const first = [...new Set(taken)];
  const published = new Set(first);
  for (const id of idsOf('good')) if (!published.has(id)) wrong.push(`${id} was not published`);
  for (const id of [...idsOf('poison'), ...idsOf('expired')])
    if (published.has(id)) wrong.push(`${id} was published and should not be`);
  for (const id of idsOf('expired')) if (!expired.has(id)) wrong.push(`${id} has expired without a report`);

  const poison = changes.filter(({ kind }) => kind === 'poison').map(({ sequenceNumber }) => sequenceNumber);
  if (givenUp.join() !== poison.join()) {
    wrong.push(
      `${givenUp.length} records were given up, not the ${poison.length} that cannot be published, each once`,
    );
  }
  const itemOf = new Map(changes.map(({ id, item }) => [id, item]));
  const placeOf = new Map(changes.map(({ id }, place) => [id, place]));
  const last = new Map<string | undefined, number>();
  for (const id of first) {
    const item = itemOf.get(id);
    const place = placeOf.get(id) ?? -1;
    if (place < (last.get(item) ?? -1)) wrong.push(`${id} of ${item} came after a later one`);
    last.set(item, place);
  }
  return wrong;
}
