import { systemClock } from '../core/clock.ts';
import { FibrinError, StoreError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { PARTITION_KEY, TABLE_VARIABLE } from '../core/table-layout.ts';
import { runWithin } from '../core/time-limit.ts';
import type { Scan } from '../store/scan.ts';
import { fixOf } from './trouble.ts';
import { UsageError } from './usage.ts';

export interface TableArguments {
  readonly table: string;
  readonly keyAttribute: string;
  readonly region: string | undefined;
}

/** For `parseArgs`. */
export const TABLE_OPTIONS = {
  table: { type: 'string' },
  'key-attribute': { type: 'string', default: PARTITION_KEY as string },
  region: { type: 'string' },
} as const;

interface TableValues {
  readonly table?: string | undefined;
  readonly 'key-attribute': string;
  readonly region?: string | undefined;
}

/** @throws {UsageError} where no table is named. */
export function tableArguments(values: TableValues): TableArguments {
  const table = values.table ?? process.env[TABLE_VARIABLE];
  if (!table) throw new UsageError(`name the table with --table or in ${TABLE_VARIABLE}`);
  return { table, keyAttribute: values['key-attribute'], region: values.region };
}

/** Long enough for credentials that have to be fetched first. */
const LIMIT_MS = 15_000;

/** What uses the AWS SDK, imported only now: who does not have the SDK can use the other commands. */
async function withSdk<R>(region: string | undefined, load: () => Promise<R>): Promise<R> {
  // The SDK reads it there. This process does nothing else.
  if (region !== undefined) process.env['AWS_REGION'] = region;
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new FibrinError(
      'NO_SDK',
      'the AWS SDK is not here; npm install @aws-sdk/client-dynamodb beside fibrin',
      { cause: error },
    );
  }
}

/** The table, by the AWS SDK and whatever credentials, region and endpoint it finds. */
export const openTable = ({ table, keyAttribute, region }: TableArguments): Promise<Store> =>
  withSdk(region, async () => {
    const { dynamoStore } = await import('../store/dynamodb.ts');
    return dynamoStore({ table, keyAttribute });
  });

/** For what reads all of a table. */
export const openScan = ({ table, region }: TableArguments): Promise<Scan> =>
  withSdk(region, async () => {
    const { sdkScan } = await import('../store/transport/sdk.ts');
    const scan = sdkScan();
    const failed = (cause: unknown) => {
      throw new StoreError('the scan failed', { cause });
    };
    return (input) => ask({ name: table }, (signal) => scan(input, signal).catch(failed));
  });

/**
 * One access to the table.
 * @throws {StoreError} with one line for a user at a terminal.
 */
export async function ask<R>(
  store: Pick<Store, 'name'>,
  access: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const exceeded = () =>
    new StoreError(`table "${store.name}": no answer in ${LIMIT_MS / 1_000} s; try again`);
  try {
    return await runWithin({ clock: systemClock, limitMs: LIMIT_MS, exceeded }, ({ signal }) =>
      access(signal),
    );
  } catch (error) {
    const { cause } = error as Error;
    if (!(error instanceof StoreError) || cause === undefined) throw error;
    throw new StoreError(`table "${store.name}": ${fixOf(cause)}`, { cause });
  }
}
