import { CfnResource, type Stack } from 'aws-cdk-lib';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';

interface Replica {
  readonly deletionProtectionEnabled?: boolean;
}

/**
 * Makes the tables of a stack, which have one replica, `AWS::DynamoDB::Table`. The emulator ignores what a global table says of its
 * replicas, the deletion protection among it, and imports none.
 */
export function asSingleTables(stack: Stack): void {
  for (const table of stack.node.findAll()) {
    if (!(CfnResource.isCfnResource(table) && table instanceof CfnGlobalTable)) continue;
    const [replica] = stack.resolve(table.replicas) as readonly Replica[];
    table.addOverride('Type', 'AWS::DynamoDB::Table');
    table.addPropertyDeletionOverride('Replicas');
    table.addPropertyOverride('DeletionProtectionEnabled', replica?.deletionProtectionEnabled);
  }
}
