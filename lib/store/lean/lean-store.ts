import { type DynamoStore, storeOn, storeSettings, type TableOptions } from '../store-on.ts';
import { type LeanTransport, leanTransport } from './lean-transport.ts';

export interface LeanStoreOptions extends TableOptions {
  /** How the requests travel. Default: `leanTransport()`. */
  readonly transport?: LeanTransport;
}

export interface LeanStore extends DynamoStore {
  /** As that of its transport. */
  readonly connect: LeanTransport['connect'];
}

/**
 * A store on one DynamoDB table, without the AWS SDK: the same as `dynamoStore` over `leanTransport`, and what imports it brings
 * no SDK along.
 * @throws {InvalidOptionError} when no table is named or no region is known.
 * @example
 * ```ts
 * const store = leanStore({ table: 'resilience' });
 * await store.connect();
 * const item = await store.get('breaker#posts', { signal: AbortSignal.timeout(500) });
 * ```
 */
export function leanStore(options: LeanStoreOptions = {}): LeanStore {
  const settings = storeSettings('leanStore', options, () => leanTransport());
  return { ...storeOn(settings), connect: settings.transport.connect };
}
