import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InFlightError, OutcomeUnknownError } from '../../lib/idempotency/errors.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { NEXT_LEASE_MS, operation, type Receipt } from './operation.ts';
import type { Variant } from './points.ts';

export interface Retry {
  /** Undefined when it was refused. */
  readonly answer: Receipt | undefined;
  /** The record's key, where it was refused because it is not known how the run before it ended. */
  readonly held: string | undefined;
}

let retries = 0;

/** Tries again in this process, which is not killed, with a clock so many leases ahead. */
export async function retry(
  { client }: { readonly client: DynamoDBClient },
  { key, variant }: { readonly key: string; readonly variant: Variant },
  leases: number,
  onRun: () => Promise<void> = async () => undefined,
): Promise<Retry> {
  let held: string | undefined;
  const call = operation({
    variant,
    transport: sdkTransport(client),
    effect: (update) => client.send(new UpdateItemCommand(update)),
    clockOffsetMs: leases * NEXT_LEASE_MS,
    onRun,
    onEvent(event) {
      if (event.kind === 'held') held = event.key;
    },
  });
  try {
    return { answer: await call({ key, run: `retry ${++retries}` }), held };
  } catch (error) {
    if (error instanceof InFlightError || error instanceof OutcomeUnknownError)
      return { answer: undefined, held };
    throw error;
  }
}
