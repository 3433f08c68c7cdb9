import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoStore, dynamoStore, sdkTransport } from 'fibrin/dynamodb';
import { leanStore, leanTransport } from 'fibrin/dynamodb-lean';
import { setting } from './settings.ts';

interface Table {
  readonly table?: string;
  /** How often a request is sent at most. Default: what the transport has. */
  readonly maxAttempts?: number;
}

function overSdk({ maxAttempts, ...table }: Table): DynamoStore {
  return dynamoStore({
    ...table,
    transport: sdkTransport(new DynamoDBClient({ ...(maxAttempts && { maxAttempts }) })),
  });
}

function overLean({ maxAttempts, ...table }: Table): DynamoStore {
  return leanStore({ ...table, transport: leanTransport({ ...(maxAttempts && { maxAttempts }) }) });
}

/** The stage `local` may ask for the SDK, to try both. A deployed bundle does not contain it. */
const storeOn: (table: Table) => DynamoStore =
  process.env['FIBRIN_PROFILE_TRANSPORT'] === 'sdk' ? overSdk : overLean;

/** What breakers and idempotency keep, in the table of the construct. */
export const resilienceStore = (): DynamoStore => storeOn({});

/** A table of the app's own, by the variable that names it. */
export const tableStore = (variable: string): DynamoStore => storeOn({ table: setting(variable) });

/** What caches keep. A request that fails is not sent again: the call that asks goes on without. */
export const cacheStore = (): DynamoStore => storeOn({ table: setting('CACHE_TABLE'), maxAttempts: 1 });

/**
 * The users, for calls under `resilient`, which retries within the deadline. A transport's own retries would multiply with those
 * and use up an attempt's time.
 */
export const usersStore = (): DynamoStore => storeOn({ table: setting('USERS_TABLE'), maxAttempts: 1 });
