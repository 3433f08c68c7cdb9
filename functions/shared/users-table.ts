import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from 'fibrin';
import { dynamoStore, sdkTransport } from 'fibrin/dynamodb';
import { setting } from './settings.ts';

/**
 * The users, for calls under `resilient`, which retries within the deadline. The SDK's own retries would multiply with those
 * and use up an attempt's time.
 */
export function usersTable(): Store {
  const transport = sdkTransport(new DynamoDBClient({ maxAttempts: 1 }));
  return dynamoStore({ table: setting('USERS_TABLE'), transport });
}
