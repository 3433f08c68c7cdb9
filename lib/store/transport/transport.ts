import type { Expression } from '../expression.ts';
import type { WireItem } from '../marshal.ts';

export interface GetInput {
  readonly TableName: string;
  readonly Key: WireItem;
  readonly ConsistentRead: true;
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

/** What came of a conditional write. `item` is the one that stood in the way, where the server sends it. */
export type WireWriteResult =
  | { readonly applied: true }
  | { readonly applied: false; readonly item: Readonly<Record<string, unknown>> | undefined };

/** The few requests that the store makes of DynamoDB. How they travel is up to the transport. */
export interface DynamoTransport {
  get(input: GetInput, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
  put(input: PutInput, signal?: AbortSignal): Promise<WireWriteResult>;
  delete(input: DeleteInput, signal?: AbortSignal): Promise<WireWriteResult>;
}
