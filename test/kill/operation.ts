import { DynamoDBClient, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/core/clock.ts';
import type { IdempotencyEvent } from '../../lib/idempotency/events.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import type { DynamoTransport } from '../../lib/store/transport/transport.ts';
import { stretchedClock } from '../support/stretched-clock.ts';
import type { Variant } from './points.ts';

export const RECORDS = 'records';
export const EFFECTS = 'effects';

/** Longer than a retry of a busy machine takes to come, so that one that runs too early is seen. Its end is never awaited. */
const LEASE_MS = 60_000;
/** By how much the clock of the next process is ahead: the lease of the one before is over. */
export const NEXT_LEASE_MS: number = LEASE_MS + 1;

/** A machine with much to do is no store in trouble: limits on time are so much longer. */
const PATIENCE = 10;

export interface Call {
  readonly key: string;
  /** Whose run it would be. */
  readonly run: string;
}

/** What the caller gets: whose run it was. */
export interface Receipt {
  readonly run: string;
}

export interface OperationOptions {
  readonly variant: Variant;
  readonly transport: DynamoTransport;
  /** Makes the effect where it is not part of the transaction. */
  readonly effect: (update: Update) => Promise<unknown>;
  readonly clockOffsetMs: number;
  readonly onRun?: () => Promise<void>;
  readonly onEvent?: (event: IdempotencyEvent) => void;
}

type Update = UpdateItemCommandInput & { readonly UpdateExpression: string };

export function clientOf(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
}

/** The operation under test. Its effect counts itself under the key, and says whose it was. */
export function operation(options: OperationOptions): (call: Call) => Promise<Receipt> {
  const { variant, transport, effect, clockOffsetMs, onRun, onEvent } = options;
  const run = idempotent<Call, { getRemainingTimeInMillis(): number }, Receipt>(
    {
      store: dynamoStore({ table: RECORDS, transport }),
      operation: 'count',
      key: ({ key }) => key,
      skewMarginMs: 0,
      onUnknownOutcome: variant === 'plain hold' ? 'hold' : 'rerun',
      clock: { ...stretchedClock(PATIENCE), now: () => systemClock.now() + clockOffsetMs },
      ...(onEvent && { onEvent }),
    },
    async (call, _context, claim) => {
      await onRun?.();
      const update: Update = {
        TableName: EFFECTS,
        Key: { pk: { S: call.key } },
        UpdateExpression: 'ADD executions :one, runs :run',
        ExpressionAttributeValues: { ':one': { N: '1' }, ':run': { SS: [call.run] } },
      };
      const receipt = { run: call.run };
      if (variant === 'atomic') return claim.completeWith([{ Update: update }], receipt);
      await effect(update);
      return receipt;
    },
  );
  return (call) => run(call, { getRemainingTimeInMillis: () => LEASE_MS });
}
