import { RemovalPolicy } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { cacheAccess, cacheInvalidationAccess } from '#core/table-access';
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
 * const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
 * const cache = new CacheTable(stack, 'Cache');
 * cache.grantCaches(new Role(stack, 'Reader', { assumedBy }), ['prices']);
 * cache.grantInvalidation(new Role(stack, 'Writer', { assumedBy }), ['prices']);
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

  /** Lets a function use these shared caches: read their values, load and write them under a lease, set and invalidate them. */
  grantCaches(grantee: IGrantable, names: string[]): Grant {
    return grantAccess(this, this.table, grantee, accessByName(this, 'caches', names, cacheAccess));
  }

  /** Lets a function call `set` and `invalidate` of these shared caches, and load nothing. */
  grantInvalidation(grantee: IGrantable, names: string[]): Grant {
    const access = accessByName(this, 'caches', names, cacheInvalidationAccess);
    return grantAccess(this, this.table, grantee, access);
  }
}
