import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/core/clock.ts';
import { atomicPayment, remainingMs } from './atomic.ts';
import { STORE_FAULTS, type StoreKind } from './faults.ts';
import type { AtomicPlan } from './plan.ts';
import { forwarder, startProxy } from './proxy.ts';
import { Story } from './story.ts';
import { clientOf } from './tables.ts';
import { MovedClock, type Outcome, tryOut } from './trial.ts';

export interface AtomicWorld {
  readonly endpoint: string;
  /** A client that finds nothing that listens. */
  readonly closed: DynamoDBClient;
}

/** Charges one key in the table, through a proxy of its own. */
export async function atomicTrial(
  { endpoint, closed }: AtomicWorld,
  plan: AtomicPlan,
): Promise<Outcome<AtomicPlan>> {
  const story = new Story<StoreKind>(plan.faults, 'none');
  const clock = new MovedClock(systemClock);
  const proxy = await startProxy({
    faultOf: ({ headers }) => STORE_FAULTS[story.send(String(headers['x-amz-target']), true).kind],
    forward: forwarder(endpoint, ({ statusCode }) => story.note(`  DynamoDB answered ${statusCode}`)),
  });
  const client = clientOf(proxy.url, plan.maxAttempts);
  try {
    const pay = atomicPayment({ plan, story, clock, client, closed });
    const arrive = () => proxy.arrive();
    return await tryOut({ plan, story, clock, pay, arrive, remainingMs: () => remainingMs({ plan, story }) });
  } finally {
    client.destroy();
    await proxy.close();
  }
}
