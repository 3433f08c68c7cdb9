import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface ResilienceTableProps {
  /** @default RemovalPolicy.RETAIN - without its records, requests that have been answered would take effect again */
  readonly removalPolicy?: RemovalPolicy;
}

/** What a function has the table for. */
export type ResilienceUse = 'breakers' | 'idempotency';

const ACTIONS: Readonly<Record<ResilienceUse, readonly string[]>> = {
  breakers: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
  idempotency: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
};

/** The table on which breakers and idempotency stand: one string key, expiry by TTL, paid by request. */
export class ResilienceTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: ResilienceTableProps = {}) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billing: Billing.onDemand(),
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
  }

  /** What a function needs that only looks. */
  grantRead(grantee: IGrantable): void {
    this.table.grant(grantee, 'dynamodb:GetItem');
  }

  /** What a function needs to take part: reads, and those writes of single items that its uses make. */
  grantUse(grantee: IGrantable, uses: readonly ResilienceUse[]): void {
    this.table.grant(grantee, ...new Set(uses.flatMap((use) => ACTIONS[use])));
  }
}
