import { Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { EVERY, type TableAccess } from '#core/table-access';
import { checkedNames } from './names.ts';
import { refuse } from './refuse.ts';

const KEY_ACTIONS_TO_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_ACTIONS_TO_WRITE = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

const isPattern = (keys = ''): boolean => keys.endsWith(EVERY);

/**
 * Lets a statement apply to requests for these keys only. Each key of a request must be among them, and there must be one: without
 * `Null` the condition would hold where DynamoDB names none.
 */
const conditionsOf = (keys: readonly string[]) => ({
  [`ForAllValues:${keys.some(isPattern) ? 'StringLike' : 'StringEquals'}`]: { 'dynamodb:LeadingKeys': keys },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/** What is one statement: the same actions, and keys of the same kind. */
interface Group {
  readonly actions: readonly string[];
  readonly keys: string[];
}

function grouped(access: readonly TableAccess[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { actions, keys } of access) {
    const kind = `${actions} ${keys === undefined} ${isPattern(keys)}`;
    const group = groups.get(kind) ?? { actions, keys: [] };
    groups.set(kind, group);
    if (keys !== undefined) group.keys.push(keys);
  }
  return groups.values();
}

/** What a role needs of the key of a customer's own, through DynamoDB only. The named actions, since a `*` would also give key pairs. */
function grantKey(table: ITable, grantee: IGrantable, isWriter: boolean): Grant[] {
  const { encryptionKey } = table;
  if (encryptionKey === undefined) return [];
  const { urlSuffix } = Stack.of(table);
  return [
    Grant.addToPrincipal({
      grantee,
      actions: [...KEY_ACTIONS_TO_READ, ...(isWriter ? KEY_ACTIONS_TO_WRITE : [])],
      resourceArns: [encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${table.env.region}.${urlSuffix}` } },
    }),
  ];
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];

/**
 * What may be done with the items of some names.
 * @param what The names, in a refusal.
 */
export function accessByName(
  construct: Construct,
  what: string,
  names: readonly string[],
  accessOf: (name: string) => readonly TableAccess[],
): readonly TableAccess[] {
  return checkedNames(construct, `\`${what}\``, names).flatMap(accessOf);
}

/** Lets a role do with some keys of the table what is said, and no more. */
export function grantAccess(
  construct: Construct,
  table: ITable,
  grantee: IGrantable,
  access: readonly TableAccess[],
): Grant {
  if (access.length === 0)
    refuse(construct, 'expected a grant to name something, got no names; leave it out');
  const grants = Array.from(grouped(access), ({ actions, keys }) =>
    Grant.addToPrincipal({
      grantee,
      actions: actions.map((action) => `dynamodb:${action}`),
      resourceArns: [table.tableArn],
      ...(keys.length > 0 && { conditions: conditionsOf(keys) }),
    }),
  );
  const isWriter = access.some(({ actions }) => actions.some((action) => WRITES.includes(action)));
  return [...grants, ...grantKey(table, grantee, isWriter)].reduce((all, grant) => all.combine(grant));
}
