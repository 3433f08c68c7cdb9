import { callDynamoDb, DynamoDbError } from './client.ts';

type Wire = Readonly<Record<string, unknown>>;

interface Write extends Wire {
  readonly TableName: string;
  readonly Key?: Wire;
  readonly Item?: Wire;
}

type TransactItem = Readonly<Partial<Record<'Put' | 'Update' | 'Delete' | 'ConditionCheck', Write>>>;

/** Why one of the items was, or was not, the reason. */
interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Wire;
}

/** What a transaction came to: nothing to say, or a reason for each item. */
export type Transacted =
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled'; readonly reasons: readonly Reason[] };

export interface Transactions {
  /** Runs something while no transaction is under way. */
  outside<T>(work: () => Promise<T>): Promise<T>;
  run(items: readonly TransactItem[]): Promise<Transacted>;
}

const OPERATIONS = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'UpdateItem',
} as const;

/**
 * Transactions for an engine that has none: one after the other, with nothing else in between, each item written under its
 * condition and all undone when one is refused. Who reads past this sees the steps, and a run that is killed in the middle
 * leaves them: it is as atomic as the process that it is in.
 */
export function emulateTransactions(endpoint: string): Transactions {
  const keyNames = new Map<string, readonly string[]>();
  let last: Promise<unknown> = Promise.resolve();
  let open = 0;

  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    open++;
    const run = last.then(work).finally(() => {
      open--;
    });
    last = run.catch(() => undefined);
    return run;
  };

  const keyOf = async ({ TableName, Key, Item = {} }: Write): Promise<Wire> => {
    if (Key) return Key;
    let names = keyNames.get(TableName);
    if (names === undefined) {
      const { Table } = await callDynamoDb(endpoint, 'DescribeTable', { TableName });
      names = (Table as { KeySchema: { AttributeName: string }[] }).KeySchema.map((key) => key.AttributeName);
      keyNames.set(TableName, names);
    }
    return Object.fromEntries(names.map((name) => [name, Item[name]]));
  };

  /** Makes one write, and gives what undoes it. */
  const apply = async (kind: keyof typeof OPERATIONS, write: Write): Promise<() => Promise<unknown>> => {
    const { TableName } = write;
    const Key = await keyOf(write);
    const { ReturnValuesOnConditionCheckFailure: _, ...input } = write;
    const { Attributes } = await callDynamoDb(endpoint, OPERATIONS[kind], {
      ...input,
      ReturnValues: 'ALL_OLD',
    });
    return () =>
      Attributes
        ? callDynamoDb(endpoint, 'PutItem', { TableName, Item: Attributes })
        : callDynamoDb(endpoint, 'DeleteItem', { TableName, Key });
  };

  const reasonOf = async (error: DynamoDbError, write: Write): Promise<Reason> => {
    if (error.type !== 'ConditionalCheckFailedException') throw error;
    const reason = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
    if (write['ReturnValuesOnConditionCheckFailure'] !== 'ALL_OLD') return reason;
    const { TableName } = write;
    const { Item } = await callDynamoDb(endpoint, 'GetItem', {
      TableName,
      Key: await keyOf(write),
      ConsistentRead: true,
    });
    return { ...reason, ...(Item !== undefined && { Item: Item as Wire }) };
  };

  const transact = async (items: readonly TransactItem[]): Promise<Transacted> => {
    const undo: (() => Promise<unknown>)[] = [];
    for (const [index, item] of items.entries()) {
      const [kind, write] = Object.entries(item)[0] as [keyof typeof OPERATIONS, Write];
      try {
        undo.push(await apply(kind, write));
        // A check writes nothing: what an update without an expression leaves of an absent item goes again.
        if (kind === 'ConditionCheck') await undo.pop()?.();
      } catch (error) {
        for (const one of undo.reverse()) await one();
        if (!(error instanceof DynamoDbError)) throw error;
        const reason = await reasonOf(error, write);
        return {
          kind: 'cancelled',
          reasons: items.map((_, at) => (at === index ? reason : { Code: 'None' })),
        };
      }
    }
    return { kind: 'done' };
  };

  return {
    outside: (work) => (open === 0 ? work() : exclusively(work)),
    run: (items) => exclusively(() => transact(items)),
  };
}
