/** What an attribute of an item may hold. Structures are kept as text by their owner. */
export type AttributeValue = string | number | boolean;

/** One item without its key. Attributes that are absent are absent, never undefined or null. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** A comparison with an attribute. False when the attribute is absent or of another type, as in DynamoDB. */
export interface Comparison {
  readonly attribute: string;
  readonly is: '=' | '<' | '>';
  readonly value: AttributeValue;
}

/**
 * When a write may happen: `'absent'` when there is no item under the key, or a list of comparisons that must all
 * hold. A list of clauses means: any one of them.
 */
export type Clause = 'absent' | readonly Comparison[];
export type Condition = readonly Clause[];

/** What became of a conditional write. A refusal is an answer, not an error, and brings the item that stood in the way. */
export type WriteResult =
  | { readonly applied: true }
  | { readonly applied: false; readonly current: Item | undefined };

export interface StoreCallOptions {
  /** Aborts the request. A write that was aborted may have been applied all the same. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends StoreCallOptions {
  /** Whether an answer from a moment ago will do, for half the price. Default false. */
  readonly isEventual?: boolean;
}

export interface WriteOptions extends StoreCallOptions {
  /** Without it the write is unconditional. */
  readonly when?: Condition;
}

/**
 * The narrow store on which idempotency and breakers stand: single items under a string key, changed only by atomic
 * conditional writes. Reads are strongly consistent unless `isEventual` says otherwise.
 * @throws {StoreError} from each operation when the outcome is not known.
 */
export interface Store {
  /** What the store is called in messages, e.g. the name of its table. */
  readonly name: string;
  get(key: string, options?: ReadOptions): Promise<Item | undefined>;
  put(key: string, item: Item, options?: WriteOptions): Promise<WriteResult>;
  delete(key: string, options?: WriteOptions): Promise<WriteResult>;
}

export interface AddOptions extends StoreCallOptions {
  /** When the item may be removed. Seconds since the epoch. */
  readonly expiresAt: number;
  /** Attributes to remove in the same write, other than those that are added to. Default: none. */
  readonly remove?: readonly string[];
}

/** A store that can add to numbers, many at once and none lost. */
export interface CountingStore extends Store {
  /**
   * Adds to the attributes of an item, which is made where there is none, or to none of them where one holds no number.
   * Gives the item with the sums.
   */
  add(key: string, amounts: Readonly<Record<string, number>>, options: AddOptions): Promise<Item>;
}

/** One write of a DynamoDB transaction, as TransactWriteItems takes it. */
export interface TransactWrite {
  readonly Put?: object;
  readonly Update?: object;
  readonly Delete?: object;
  readonly ConditionCheck?: object;
}

export interface TransactOptions extends WriteOptions {
  /** What is written with the item, or not at all. */
  readonly writes: readonly TransactWrite[];
}

/** A store that can write an item together with others, of tables that are not its own. */
export interface TransactionalStore extends Store {
  /**
   * A refusal is about the store's own item. When one of the other writes is refused nothing is written either, and the
   * error of the client is thrown.
   */
  transact(key: string, item: Item, options: TransactOptions): Promise<WriteResult>;
}

export const canTransact = (store: Store): store is TransactionalStore =>
  'transact' in store && typeof store.transact === 'function';
