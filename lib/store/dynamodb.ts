import { type DynamoStore, storeOn, storeSettings, type TableOptions } from './store-on.ts';
import { sdkTransport } from './transport/sdk.ts';
import type { DynamoTransport } from './transport/transport.ts';

export type { DynamoStore };

export interface DynamoStoreOptions extends TableOptions {
  /** How the requests travel. Default: the AWS SDK's client with its default configuration. */
  readonly transport?: DynamoTransport;
}

/**
 * A store on one DynamoDB table with a string partition key and no sort key.
 * @throws {InvalidOptionError} when no table is named.
 * @example
 * ```ts
 * const store = dynamoStore({ table: 'resilience' });
 * const item = await store.get('breaker#posts', { signal: AbortSignal.timeout(500) });
 * ```
 */
export function dynamoStore(options: DynamoStoreOptions = {}): DynamoStore {
  return storeOn(storeSettings('dynamoStore', options, () => sdkTransport()));
}
