import {
  AttributeType,
  Billing,
  type ITable,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { EXPIRY_ATTRIBUTE, PARTITION_KEY } from '#core/table-layout';
import { overridden } from './overridden.ts';
import { refuse, refuseBoth } from './refuse.ts';
import { checkTable } from './table-check.ts';

/** Props of a construct that keeps its items in one table under a string key. */
export interface KeyedTableProps {
  /**
   * A key of your own. Roles that are granted access may use it through DynamoDB. The stack's region must be known.
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: IKey;
  /** Of the table; they win over what the construct sets. Their key must be the string `pk`. @default - none */
  readonly tableProps?: TablePropsV2;
  /**
   * A table that is there already. One of this app is checked: a string partition key, no sort key, TTL on `expiresAt`. An imported
   * one cannot be seen at synthesis; what is wrong with it shows at run time.
   * @default - a new table
   */
  readonly existingTable?: ITable;
  /**
   * Name of the existing table's partition key. Functions then need it too: `dynamoStore({ keyAttribute })`.
   * @default pk
   */
  readonly existingPartitionKey?: string;
}

/**
 * The table that a construct is given, or a new one with the string key and TTL, paid by request.
 * @param more What a new one of this construct has besides.
 */
export function keyedTable(
  construct: Construct,
  props: KeyedTableProps,
  more: Omit<TablePropsV2, 'partitionKey'>,
): ITable {
  const { existingTable, existingPartitionKey = PARTITION_KEY, encryptionKey, tableProps } = props;
  if (existingTable === undefined && props.existingPartitionKey !== undefined)
    refuse(construct, 'expected `existingTable` beside `existingPartitionKey`, got none; leave the key out');
  for (const other of [{ tableProps }, { encryptionKey }]) refuseBoth(construct, { existingTable, ...other });
  const defaults: TablePropsV2 = {
    partitionKey: { name: PARTITION_KEY, type: AttributeType.STRING },
    timeToLiveAttribute: EXPIRY_ATTRIBUTE,
    billing: Billing.onDemand(),
    ...(encryptionKey && { encryption: TableEncryptionV2.customerManagedKey(encryptionKey) }),
    ...more,
  };
  const table = existingTable ?? new TableV2(construct, 'Table', overridden(defaults, tableProps));
  checkTable(construct, table, existingPartitionKey);
  return table;
}
