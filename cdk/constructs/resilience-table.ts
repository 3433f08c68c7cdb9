import { RemovalPolicy } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import {
  breakerAccess,
  breakerOperatorAccess,
  breakerReadAccess,
  EVERY,
  HEALTH_ACCESS,
  LIST_ACCESS,
  operationAccess,
  operationOperatorAccess,
  type TableAccess,
} from '#core/table-access';
import { type KeyedTableProps, keyedTable } from './keyed-table.ts';
import { refuseBoth } from './refuse.ts';
import { accessByName, grantAccess } from './table-grants.ts';

export interface ResilienceTableProps extends KeyedTableProps {
  /**
   * What becomes of the table when it leaves the stack. Without its records, requests that were answered already would take effect
   * again.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What an operator may do with the command `fibrin`. */
export interface OperatorAccess {
  /** The breakers for `fibrin breakers show`, `open`, `close` and `auto`. @default - all */
  readonly breakers?: string[];
  /** The operations for `fibrin idempotency show` and `release`. @default - all */
  readonly operations?: string[];
  /**
   * Whether `fibrin breakers list` works. It scans the table, which IAM cannot limit to keys: the operator may then read every
   * item, stored results too.
   * @default false
   */
  readonly listBreakers?: boolean;
}

/**
 * The table on which shared breakers and idempotency stand: one string key, expiry by TTL, paid by request, with recovery to a point in
 * time. It cannot be deleted by mistake: it is protected, and it stays when the stack goes. (Where the very first deployment fails,
 * take the protection off and delete the table yourself: it is empty.) With `RemovalPolicy.DESTROY` it is not protected.
 *
 * A grant names breakers and operations: the role may touch their items and no others, in transactions too, by
 * `dynamodb:LeadingKeys`.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
 * import { ResilienceTable } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
 * const resilience = new ResilienceTable(stack, 'Resilience');
 * resilience.grantBreakers(role, ['payments']);
 * resilience.grantOperations(role, ['charge']);
 * ```
 */
export class ResilienceTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, props: ResilienceTableProps = {}) {
    super(scope, id);
    const { existingTable, removalPolicy, tableProps } = props;
    refuseBoth(this, { existingTable, removalPolicy });
    this.table = keyedTable(this, props, {
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // What should go with the stack could not, were it protected.
      deletionProtection: (tableProps?.removalPolicy ?? removalPolicy) !== RemovalPolicy.DESTROY,
      removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  /** Lets a function take part in these shared breakers: read and write their state, count outcomes. */
  grantBreakers(grantee: IGrantable, names: string[]): Grant {
    return this.#grant(grantee, this.#accessTo('breakers', names, breakerAccess));
  }

  /** Lets a function run these operations once for each key: read, write and delete their records, in transactions too. */
  grantOperations(grantee: IGrantable, operations: string[]): Grant {
    return this.#grant(grantee, this.#accessTo('operations', operations, operationAccess));
  }

  /** Lets a function see the state of these breakers, as `breakerCheck` does. */
  grantReadBreakers(grantee: IGrantable, names: string[]): Grant {
    return this.#grant(grantee, this.#accessTo('breakers', names, breakerReadAccess));
  }

  /** Lets a function see whether the table answers: read the key `HEALTH_KEY`, under which there is nothing. */
  grantHealthCheck(grantee: IGrantable): Grant {
    return this.#grant(grantee, HEALTH_ACCESS);
  }

  /** Lets people use the command `fibrin` on the table. A function needs none of this. */
  grantOperator(grantee: IGrantable, access: OperatorAccess = {}): Grant {
    const { breakers, operations, listBreakers = false } = access;
    return this.#grant(grantee, [
      ...(breakers
        ? this.#accessTo('breakers', breakers, breakerOperatorAccess)
        : breakerOperatorAccess(EVERY)),
      ...(operations
        ? this.#accessTo('operations', operations, operationOperatorAccess)
        : operationOperatorAccess(EVERY)),
      ...(listBreakers ? LIST_ACCESS : []),
    ]);
  }

  #accessTo(
    what: string,
    names: readonly string[],
    accessOf: (name: string) => readonly TableAccess[],
  ): readonly TableAccess[] {
    return accessByName(this, what, names, accessOf);
  }

  #grant(grantee: IGrantable, access: readonly TableAccess[]): Grant {
    return grantAccess(this, this.table, grantee, access);
  }
}
