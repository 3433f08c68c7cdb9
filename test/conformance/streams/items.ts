import type { Deployment } from '../case.ts';
import { aws, bodyOf, type Json, nameOf, probeText, type SeenRecord } from '../events/calls.ts';
import type { Plan } from '../handlers/plan.ts';
import type { Seen } from '../handlers/probe.ts';

/** A change of an item as a function gets it. */
export interface ChangeRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventVersion: string;
  readonly eventSource: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys?: Json;
    readonly NewImage?: Json;
    readonly OldImage?: Json;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
}

export const changesIn = ({ event }: Seen): readonly ChangeRecord[] =>
  (event as { readonly Records: readonly ChangeRecord[] }).Records;

/** The changes of an id in the order in which functions had them. */
export const changesOf = (all: readonly SeenRecord[]): readonly ChangeRecord[] =>
  all.flatMap(({ value }) => changesIn(value));

/** The key of an item tells whose it is, since some streams have nothing else. */
export const keyOf = (id: string, n = 1): Json => ({ pk: { S: probeText(id) }, sk: { S: String(n) } });

/** An item with a plan for the function that its change comes to. */
export const itemOf = (id: string, n = 1, plan: Omit<Plan, 'id' | 'n'> = {}, more: Json = {}): Json => ({
  ...keyOf(id, n),
  data: { S: probeText(id, { n, ...plan }) },
  ...more,
});

/** Calls DynamoDB with a table of the app; `table` is its logical id. */
export const dynamoDb = async (
  deployed: Deployment,
  operation: string,
  table: string,
  input: Json,
): Promise<Json> =>
  bodyOf(
    await aws(deployed, 'dynamodb', operation, {
      TableName: await nameOf(deployed, `NAME_${table}`),
      ...input,
    }),
  );

export const put = (deployed: Deployment, table: string, Item: Json): Promise<Json> =>
  dynamoDb(deployed, 'PutItem', table, { Item });

/** Puts items in one call, so that they come to the stream together. */
export async function putAll(deployed: Deployment, table: string, items: readonly Json[]): Promise<void> {
  const name = await nameOf(deployed, `NAME_${table}`);
  const TransactItems = items.map((Item) => ({ Put: { TableName: name, Item } }));
  bodyOf(await aws(deployed, 'dynamodb', 'TransactWriteItems', { TransactItems }));
}
