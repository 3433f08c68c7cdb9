import { CfnResource, Stack } from 'aws-cdk-lib';
import { type CfnGlobalTable, type CfnTable, type ITable, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

/** What the stream of a table shows: `none` without a stream. Undefined where synthesis cannot know. */
function viewOf(table: ITable): string | undefined {
  const resource = table.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) return table.tableStreamArn === undefined ? 'none' : undefined;
  const { streamSpecification } = resource as CfnTable | CfnGlobalTable;
  const specification = Stack.of(resource).resolve(streamSpecification) as
    | { readonly streamViewType?: string }
    | undefined;
  return specification?.streamViewType ?? 'none';
}

/**
 * The ARN of the stream of a table whose items carry an outbox. Refuses a table without the stream that the relay needs, as far as
 * synthesis can see it: a `TableV2` has an ARN of its stream even where it has none.
 */
export function outboxStream(construct: Construct, table: ITable): string {
  const view = viewOf(table);
  const { tableStreamArn } = table;
  if (tableStreamArn === undefined || (view !== undefined && view !== StreamViewType.NEW_AND_OLD_IMAGES))
    return refuse(
      construct,
      `expected \`table\` to have a stream of NEW_AND_OLD_IMAGES, got ${view}; set \`dynamoStream\`, or import the table with its stream`,
    );
  return tableStreamArn;
}
