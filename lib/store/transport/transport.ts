import type { TransactWrite } from '../../core/store.ts';
import type { Expression } from '../expression.ts';
import type { WireItem, WireValue } from '../marshal.ts';

export interface GetInput {
  readonly TableName: string;
  readonly Key: WireItem;
  readonly ConsistentRead: boolean;
}

export interface PutInput extends Partial<Expression> {
  readonly TableName: string;
  readonly Item: WireItem;
  readonly ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
}

export interface DeleteInput extends Partial<Expression> {
  readonly TableName: string;
  readonly Key: WireItem;
  readonly ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
}

export interface UpdateInput {
  readonly TableName: string;
  readonly Key: WireItem;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, WireValue>;
  readonly ReturnValues: 'ALL_NEW';
}

/** What came of a conditional write. `item` is the one that stood in the way, where the server sends it. */
export type WireWriteResult =
  | { readonly applied: true }
  | { readonly applied: false; readonly item: Readonly<Record<string, unknown>> | undefined };

export interface TransactInput {
  readonly TransactItems: readonly TransactWrite[];
}

/** The few requests that the store makes of DynamoDB. How they travel is up to the transport. */
export interface DynamoTransport {
  get(input: GetInput, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
  put(input: PutInput, signal?: AbortSignal): Promise<WireWriteResult>;
  delete(input: DeleteInput, signal?: AbortSignal): Promise<WireWriteResult>;
  /** Gives the attributes as they are afterwards. */
  update(input: UpdateInput, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /**
   * The first item is the store's own: a refusal of it is a result, one of another an error. A request that is sent again
   * must be the same transaction: DynamoDB tells by its ClientRequestToken.
   */
  transact(input: TransactInput, signal?: AbortSignal): Promise<WireWriteResult>;
}
