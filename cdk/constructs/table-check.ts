import { CfnResource, Stack } from 'aws-cdk-lib';
import type { CfnGlobalTable, CfnTable, ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { EXPIRY_ATTRIBUTE } from '#core/table-layout';
import { refuse } from './refuse.ts';

interface KeyPart {
  readonly attributeName: string;
  readonly keyType: string;
}

interface Layout {
  readonly keySchema?: readonly KeyPart[];
  readonly attributeDefinitions?: readonly {
    readonly attributeName: string;
    readonly attributeType: string;
  }[];
  readonly timeToLiveSpecification?: { readonly attributeName?: string; readonly enabled?: unknown };
}

const TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** What synthesis knows of a table. Undefined: it belongs to another app. */
function layoutOf(table: ITable): Layout | undefined {
  const resource = table.node.defaultChild;
  if (!CfnResource.isCfnResource(resource) || !TYPES.includes(resource.cfnResourceType)) return undefined;
  const { keySchema, attributeDefinitions, timeToLiveSpecification } = resource as CfnTable | CfnGlobalTable;
  return Stack.of(resource).resolve({ keySchema, attributeDefinitions, timeToLiveSpecification }) as Layout;
}

/** Refuses a table that fibrin cannot use, as far as synthesis can see it. */
export function checkTable(construct: Construct, table: ITable, partitionKey: string): void {
  const layout = layoutOf(table);
  if (layout === undefined) return;
  const { keySchema = [], attributeDefinitions = [], timeToLiveSpecification: ttl } = layout;
  const keys = keySchema.map(({ attributeName: name }) => {
    const type = attributeDefinitions.find(({ attributeName }) => attributeName === name)?.attributeType;
    return `${name} (${type})`;
  });
  if (keys.join() !== `${partitionKey} (S)`)
    refuse(
      construct,
      `expected the table to have the string partition key \`${partitionKey}\` and no sort key, got ${keys.join(', ')}; give another table, or name the key in \`existingPartitionKey\``,
    );
  if (ttl?.attributeName !== EXPIRY_ATTRIBUTE || ttl.enabled !== true)
    refuse(
      construct,
      `expected the table to expire items by \`${EXPIRY_ATTRIBUTE}\`, got ${ttl?.attributeName ?? 'no TTL'}; set \`timeToLiveAttribute\` of the table`,
    );
}
