import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { CacheTable } from '../../cdk/constructs/cache-table.ts';
import type { KeyedTableProps } from '../../cdk/constructs/keyed-table.ts';
import { statementsOf } from './rights.ts';
import { rightsBy, TABLE, tableStack } from './table-stack.ts';

const setUp = (props?: (stack: Stack) => KeyedTableProps) =>
  tableStack((stack) => new CacheTable(stack, 'Cache', props?.(stack)));

const rightsAfter = (grant: (table: CacheTable, role: Role) => void) =>
  rightsBy((stack) => new CacheTable(stack, 'Cache'), grant);

describe('the cache table', () => {
  test('has one string key and TTL, is paid by request, does not recover, and goes with the stack', () => {
    setUp()
      .template()
      .hasResource(TABLE, {
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Delete',
        Properties: {
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
          BillingMode: 'PAY_PER_REQUEST',
          SSESpecification: Match.absent(),
          Replicas: [
            Match.objectLike({
              PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
              DeletionProtectionEnabled: Match.absent(),
            }),
          ],
        },
      });
  });

  test('takes props of the table, which win', () => {
    setUp(() => ({
      tableProps: {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        tableName: 'caches',
        removalPolicy: RemovalPolicy.RETAIN,
      },
    }))
      .template()
      .hasResource(TABLE, { DeletionPolicy: 'Retain', Properties: { TableName: 'caches' } });
  });

  test('is refused where its props have another key', () => {
    const partitionKey = { name: 'id', type: AttributeType.STRING };
    expect(() => setUp(() => ({ tableProps: { partitionKey } }))).toThrow(
      'Shop/Cache: expected the table to have the string partition key `pk` and no sort key, got id (S)',
    );
  });

  test('may be an existing one, and no other is made', () => {
    const existing = (stack: Stack) => ({
      existingTable: new TableV2(stack, 'Own', {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        timeToLiveAttribute: 'expiresAt',
      }),
    });
    setUp(existing).template().resourceCountIs(TABLE, 1);
    expect(() => setUp((stack) => ({ ...existing(stack), encryptionKey: new Key(stack, 'Key') }))).toThrow(
      'Shop/Cache: expected one of `existingTable` and `encryptionKey`, got both',
    );
  });

  test('synthesizes to the template of the snapshot', () => {
    const { table, role, template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    table.grantCaches(role, ['posts', 'users']);
    expect(template().toJSON()).toMatchSnapshot();
  });
});

describe('a grant', () => {
  test('for caches is for their entries, and nothing else', () => {
    expect(rightsAfter((table, role) => table.grantCaches(role, ['posts', 'users']))).toEqual([
      'GetItem cache#posts#*',
      'GetItem cache#users#*',
      'PutItem cache#posts#*',
      'PutItem cache#users#*',
    ]);
  });

  test('comes with the use of a key of your own', () => {
    const { table, role, template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    table.grantCaches(role, ['users']);
    expect(statementsOf(template()).flatMap(({ Action }) => Action)).toContain('kms:GenerateDataKey');
  });

  test.each(['*', 'post?', '', 'a#b'])('is refused for the name %j, which would widen it', (name) => {
    expect(() => rightsAfter((table, role) => table.grantCaches(role, ['posts', name]))).toThrow(
      'Shop/Cache: expected `caches` to hold a name of 1 to 100 letters, digits',
    );
  });

  test('is refused without names', () => {
    expect(() => rightsAfter((table, role) => table.grantCaches(role, []))).toThrow(
      'Shop/Cache: expected a grant to name something',
    );
  });
});
