import type { WireWriteResult } from './transport.ts';

type WireItem = Readonly<Record<string, unknown>>;

/** What DynamoDB says of a write that it refused, as its JSON and the SDK's errors have it. */
interface Refusal {
  readonly Item: WireItem;
  readonly CancellationReasons: readonly { readonly Code?: string; readonly Item?: WireItem }[];
}

/** The result that a refusal is. Undefined: it is an error. Of a transaction, the first item is the store's own. */
export function refusedWrite(name: string, refusal: Partial<Refusal>): WireWriteResult | undefined {
  const { Item, CancellationReasons } = refusal;
  if (name === 'ConditionalCheckFailedException') return { applied: false, item: Item };
  const own = name === 'TransactionCanceledException' ? CancellationReasons?.[0] : undefined;
  return own?.Code === 'ConditionalCheckFailed' ? { applied: false, item: own.Item } : undefined;
}
