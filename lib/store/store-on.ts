import { isThrottling } from '../core/classify.ts';
import { StoreError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import { textOf } from '../core/property.ts';
import * as rule from '../core/rules.ts';
import { isTransientStatus, statusOf } from '../core/status.ts';
import type {
  Condition,
  CountingStore,
  Item,
  Store,
  TransactionalStore,
  TransactWrite,
  WriteResult,
} from '../core/store.ts';
import { EXPIRY_ATTRIBUTE, PARTITION_KEY, TABLE_VARIABLE } from '../core/table-layout.ts';
import { toAddition, toExpression } from './expression.ts';
import { fromWireItem } from './marshal.ts';
import { putInput } from './put.ts';
import type { DynamoTransport, WireWriteResult } from './transport/transport.ts';

/** Where a store keeps its items. */
export interface TableOptions {
  /** Name of the table. Default: the environment variable `FIBRIN_TABLE`, which the CDK construct sets. */
  readonly table?: string | undefined;
  /** Name of its partition key, a string. Default `pk`. */
  readonly keyAttribute?: string;
}

export interface DynamoStore extends TransactionalStore, CountingStore {
  /** The write of one of its items, for a transaction of another store's: `claim.completeWith([users.writeOf(…)], …)`. */
  writeOf(key: string, item: Item, options?: { readonly when?: Condition }): TransactWrite;
}

/** The permission that an operation lacks, and where all of them are. A transaction has none of its own. */
const grantFor = (operation: string): string => {
  const [action, others] =
    operation === 'TransactWriteItems'
      ? ['PutItem', ', and that of each other write: PutItem, UpdateItem, DeleteItem or ConditionCheckItem']
      : [operation, ''];
  return `grant the function dynamodb:${action} on the table, for this key${others}; resilience-table.template.json has them all`;
};

/** What an operator can do about an error, where its name says it. */
const FIXES: Readonly<Record<string, (operation: string) => string | undefined>> = {
  ResourceNotFoundException: () =>
    `deploy the table, or name the right one in \`table\` or ${TABLE_VARIABLE}`,
  AccessDeniedException: grantFor,
  CredentialsProviderError: () => 'give the process AWS credentials',
  // An addition is refused for what the item holds, which may change.
  ValidationException: (operation) =>
    operation === 'UpdateItem'
      ? undefined
      : 'the table needs a string partition key, named by `keyAttribute`, and no sort key; a transaction writes an item once',
};

/** Whether the same request will be refused again: a 4xx that speaks of the request, not of the moment. */
function isRefusedForGood(operation: string, error: unknown): boolean {
  if (operation === 'UpdateItem') return false;
  const status = statusOf(error) ?? 0;
  const isOfTheMoment =
    isTransientStatus(status) || isThrottling(error) || textOf(error, 'name').includes('Conflict');
  return status >= 400 && status < 500 && !isOfTheMoment;
}

function storeError(table: string, operation: string, error: unknown): StoreError {
  const name = textOf(error, 'name') || 'an unknown error';
  const fix = FIXES[name]?.(operation);
  const retryable = fix === undefined && !isRefusedForGood(operation, error);
  return new StoreError(
    `DynamoDB table "${table}": ${operation} failed with ${name}${fix ? `; ${fix}` : ''}`,
    { cause: error, retryable },
  );
}

const REQUESTS = ['get', 'put', 'update', 'delete', 'transact'] as const;

/** All requests from the start: one that is missed later is missed while a call waits for it. */
const transportRule = rule.unless(
  (given) => {
    const transport = (given ?? {}) as Partial<DynamoTransport>;
    return REQUESTS.every((request) => typeof transport[request] === 'function');
  },
  `an object with the functions ${REQUESTS.join(', ')}, as sdkTransport() and leanTransport() give it`,
);

const tableRule: rule.OptionRule = (given) => {
  const wrong = rule.text()(given);
  return wrong && `${wrong}; or set ${TABLE_VARIABLE}`;
};

interface StoreOptions<T extends DynamoTransport> extends TableOptions {
  readonly transport?: T;
}

export interface StoreSettings {
  readonly table: string;
  readonly keyAttribute: string;
  readonly transport: DynamoTransport;
}

/** Options as they are checked, with the transport that is taken where none is given. */
export function storeSettings<T extends DynamoTransport>(
  owner: string,
  options: StoreOptions<T>,
  defaultTransport: () => T,
): StoreSettings & { readonly transport: T } {
  const settings = { ...options, table: options.table ?? process.env[TABLE_VARIABLE] };
  checkOptions(owner, settings, {
    required: { table: tableRule },
    optional: { keyAttribute: rule.text(), transport: transportRule },
  });
  const { table, keyAttribute = PARTITION_KEY, transport = defaultTransport() } = settings;
  return { table: table as string, keyAttribute, transport };
}

/** The store's operations as requests of a transport. */
export function storeOn({ table, keyAttribute, transport }: StoreSettings): DynamoStore {
  const keyOf = (key: string) => ({ [keyAttribute]: { S: key } });
  const conditionOf = (when: Condition | undefined) => (when ? toExpression(when, keyAttribute) : {});
  const itemOf = (wire: Readonly<Record<string, unknown>>) => {
    const { [keyAttribute]: _key, ...attributes } = fromWireItem(wire);
    return attributes;
  };
  const guarded = async <R>(operation: string, request: () => Promise<R>): Promise<R> => {
    try {
      return await request();
    } catch (error) {
      // Nothing was written, since another write of the transaction was refused: the caller gets the reasons.
      if (textOf(error, 'name') === 'TransactionCanceledException') throw error;
      throw storeError(table, operation, error);
    }
  };

  const get: Store['get'] = (key, { signal, isEventual = false } = {}) =>
    guarded('GetItem', async () => {
      const input = { TableName: table, Key: keyOf(key), ConsistentRead: !isEventual };
      const wire = await transport.get(input, signal);
      return wire && itemOf(wire);
    });

  const resultOf = async (
    written: WireWriteResult,
    key: string,
    signal?: AbortSignal,
  ): Promise<WriteResult> => {
    if (written.applied) return written;
    if (written.item) return { applied: false, current: itemOf(written.item) };
    // Either there is no item, or an emulator does not send it along: one consistent read tells.
    return { applied: false, current: await get(key, { signal }) };
  };

  const write = { TableName: table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const putOf = (key: string, item: Item, when: Condition | undefined) =>
    putInput({ table, keyAttribute, key }, item, when);
  return {
    name: table,
    get,
    async put(key, item, { when, signal } = {}) {
      const input = putOf(key, item, when);
      return resultOf(await guarded('PutItem', () => transport.put(input, signal)), key, signal);
    },
    writeOf: (key, item, { when } = {}) => ({ Put: putOf(key, item, when) }),
    async transact(key, item, { when, signal, writes }) {
      const input = { TransactItems: [{ Put: putOf(key, item, when) }, ...writes] };
      return resultOf(
        await guarded('TransactWriteItems', () => transport.transact(input, signal)),
        key,
        signal,
      );
    },
    async add(key, amounts, { expiresAt, signal, remove }) {
      const input = {
        TableName: table,
        Key: keyOf(key),
        ...toAddition(amounts, { [EXPIRY_ATTRIBUTE]: expiresAt }, remove),
        ReturnValues: 'ALL_NEW',
      } as const;
      return itemOf(await guarded('UpdateItem', () => transport.update(input, signal)));
    },
    async delete(key, { when, signal } = {}) {
      const input = { ...write, Key: keyOf(key), ...conditionOf(when) };
      return resultOf(await guarded('DeleteItem', () => transport.delete(input, signal)), key, signal);
    },
  };
}
