import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TransactWrite } from '../../lib/core/store.ts';
import type { RemainingTime } from '../../lib/idempotency/execution.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import type { DynamoTransport } from '../../lib/store/transport/transport.ts';
import { isDelay, STORE_FAULTS, type StoreKind } from './faults.ts';
import type { AtomicPlan } from './plan.ts';
import { describeError, type Story } from './story.ts';
import { CHARGES, RECORDS } from './tables.ts';
import { type MovedClock, OPERATION, type Pay, type Receipt } from './trial.ts';

export interface AtomicOptions {
  readonly plan: AtomicPlan;
  readonly story: Story<StoreKind>;
  readonly clock: MovedClock;
  /** Leads through the proxy. */
  readonly client: DynamoDBClient;
  /** Leads to where nothing listens. */
  readonly closed: DynamoDBClient;
}

/** What an access may take that may be late: the least that a store gets. Milliseconds. */
const SHORT_MS = 150;
const LONG_MS = 60_000;

/** What an invocation has left: little where one of the next requests is to be late. */
export const remainingMs = ({ plan, story }: Pick<AtomicOptions, 'plan' | 'story'>): number =>
  story.upcoming(plan.maxAttempts).some((kind) => isDelay(STORE_FAULTS[kind])) ? SHORT_MS : LONG_MS;

/** The transport of the SDK, which finds nothing that listens when its next request is to be refused. */
function transportOf({ story, client, closed }: AtomicOptions): DynamoTransport {
  const open = sdkTransport(client);
  const refused = sdkTransport(closed);
  const either = (): DynamoTransport => {
    if (STORE_FAULTS[story.next].way !== 'refuse') return open;
    story.send('to DynamoDB', true);
    return refused;
  };
  return {
    get: (input, signal) => either().get(input, signal),
    put: (input, signal) => either().put(input, signal),
    update: (input, signal) => either().update(input, signal),
    delete: (input, signal) => either().delete(input, signal),
    transact(input, signal) {
      const { transact } = either();
      if (!transact) throw new Error('the transport of the SDK has transactions');
      return transact(input, signal);
    },
  };
}

/** A payment that is one transaction with its record. Each run would be a charge of its own. */
export function atomicPayment(options: AtomicOptions): Pay {
  const { plan, story, clock } = options;
  const { key, amount, refusals } = plan;
  return idempotent<object, RemainingTime, Receipt>(
    {
      ...{ clock, operation: OPERATION, skewMarginMs: 0, key: () => key },
      store: dynamoStore({ table: RECORDS, transport: transportOf(options) }),
      onEvent: ({ kind }) => story.note(`  the key: ${kind}`),
    },
    async (_order, _context, claim) => {
      const run = ++story.runs;
      story.note(`run ${run}`);
      const receipt = { id: `${key}, run ${run}`, key, amount };
      const Item = { pk: { S: receipt.id }, key: { S: key }, amount: { N: String(amount) } };
      const isOpen: TransactWrite = {
        ConditionCheck: {
          TableName: CHARGES,
          Key: { pk: { S: 'the shop is open' } },
          ConditionExpression: 'attribute_exists(pk)',
        },
      };
      const writes = [{ Put: { TableName: CHARGES, Item } }, ...(run <= refusals ? [isOpen] : [])];
      try {
        return await claim.completeWith(writes, receipt);
      } catch (error) {
        story.note(`  failed with ${describeError(error)}`);
        throw error;
      }
    },
  );
}
