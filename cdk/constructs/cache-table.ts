import { RemovalPolicy } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { cacheAccess } from '#core/table-access';
import { type KeyedTableProps, keyedTable } from './keyed-table.ts';
import { accessByName, grantAccess } from './table-grants.ts';

/**
 * The table behind shared caches (`sharedCache`): one string key, expiry by TTL, paid by request. All of it can be loaded again, so it
 * goes with the stack and has no recovery to a point in time. It is apart from the resilience table, so that load on a cache cannot
 * slow down breakers and idempotency.
 *
 * A grant names caches: the role may touch their items and no others, by `dynamodb:LeadingKeys`.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
 * import { CacheTable } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
 * const cache = new CacheTable(stack, 'Cache');
 * cache.grantCaches(role, ['prices']);
 * ```
 */
export class CacheTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, props: KeyedTableProps = {}) {
    super(scope, id);
    this.table = keyedTable(this, props, {
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /**
   * Lets a function use these shared caches: read and write their entries. To call `set` or `invalidate` alone it needs the same.
   */
  grantCaches(grantee: IGrantable, names: string[]): Grant {
    return grantAccess(this, this.table, grantee, accessByName(this, 'caches', names, cacheAccess));
  }
}
