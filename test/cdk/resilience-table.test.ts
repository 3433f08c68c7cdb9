import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AttributeType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { ResilienceTable, type ResilienceTableProps } from '../../cdk/constructs/resilience-table.ts';
import { rightsOf, statementsOf } from './rights.ts';
import { rightsBy, TABLE, tableStack } from './table-stack.ts';

const setUp = (props?: ResilienceTableProps | ((stack: Stack) => ResilienceTableProps)) =>
  tableStack(
    (stack) => new ResilienceTable(stack, 'Resilience', typeof props === 'function' ? props(stack) : props),
  );

const rightsAfter = (grant: (table: ResilienceTable, role: Role) => void) =>
  rightsBy((stack) => new ResilienceTable(stack, 'Resilience'), grant);

describe('the resilience table', () => {
  test('has one string key and TTL, is paid by request, recovers, and stays', () => {
    setUp()
      .template()
      .hasResource(TABLE, {
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
        Properties: {
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
          BillingMode: 'PAY_PER_REQUEST',
          SSESpecification: Match.absent(),
          Replicas: [
            Match.objectLike({
              PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
              DeletionProtectionEnabled: true,
            }),
          ],
        },
      });
  });

  test('goes with the stack where it should, and is then not protected, wherever that is said', () => {
    const removalPolicy = RemovalPolicy.DESTROY;
    const partitionKey = { name: 'pk', type: AttributeType.STRING };
    for (const props of [{ removalPolicy }, { tableProps: { partitionKey, removalPolicy } }])
      setUp(props)
        .template()
        .hasResource(TABLE, {
          DeletionPolicy: 'Delete',
          Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })] },
        });
  });

  test('takes a key of your own', () => {
    setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }))
      .template()
      .hasResourceProperties(TABLE, {
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [
          Match.objectLike({
            SSESpecification: {
              KMSMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
            },
          }),
        ],
      });
  });

  test('takes props of the table, which win', () => {
    const tableProps = {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      tableName: 'resilience',
      deletionProtection: false,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
    };
    setUp({ tableProps })
      .template()
      .hasResourceProperties(TABLE, {
        TableName: 'resilience',
        Replicas: [
          Match.objectLike({
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
            DeletionProtectionEnabled: false,
          }),
        ],
      });
  });

  test('synthesizes to the template of the snapshot', () => {
    const { table, role, template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    table.grantBreakers(role, ['posts', 'social']);
    table.grantOperations(role, ['charge']);
    expect(template().toJSON()).toMatchSnapshot();
  });
});

describe('an existing table', () => {
  const of = (more: object) => (stack: Stack) => ({
    existingTable: new TableV2(stack, 'Own', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      ...more,
    }),
  });

  test('is used, and no other is made', () => {
    const { table, role, template } = setUp(of({}));
    table.grantHealthCheck(role);
    template().resourceCountIs(TABLE, 1);
    expect(statementsOf(template()).map(({ Resource }) => Resource)).toEqual([
      { 'Fn::GetAtt': [expect.stringMatching(/^Own/), 'Arn'] },
    ]);
  });

  test('may be of the older construct, and have a key of another name that is given', () => {
    const { table } = setUp((stack) => ({
      existingTable: new Table(stack, 'Own', {
        partitionKey: { name: 'id', type: AttributeType.STRING },
        timeToLiveAttribute: 'expiresAt',
      }),
      existingPartitionKey: 'id',
    }));
    expect(table.table).toBeInstanceOf(Table);
  });

  test('is not looked at where it is imported', () => {
    const { table } = setUp((stack) => ({ existingTable: TableV2.fromTableName(stack, 'Own', 'others') }));
    expect(table.table.tableName).toBe('others');
  });

  test.each<[string, object, string]>([
    ['another key', { partitionKey: { name: 'id', type: AttributeType.STRING } }, 'got id (S)'],
    ['a key that is no string', { partitionKey: { name: 'pk', type: AttributeType.NUMBER } }, 'got pk (N)'],
    ['a sort key', { sortKey: { name: 'sk', type: AttributeType.STRING } }, 'got pk (S), sk (S)'],
  ])('is refused with %s', (_, more, got) => {
    expect(() => setUp(of(more))).toThrow(
      `Shop/Resilience: expected the table to have the string partition key \`pk\` and no sort key, ${got}; give another table`,
    );
  });

  test.each([
    [{ timeToLiveAttribute: 'ttl' }, 'got ttl'],
    [{ timeToLiveAttribute: undefined }, 'got no TTL'],
  ])('is refused where items do not expire by `expiresAt`: %j', (more, got) => {
    expect(() => setUp(of(more))).toThrow(
      `Shop/Resilience: expected the table to expire items by \`expiresAt\`, ${got}; set \`timeToLiveAttribute\``,
    );
  });

  test.each([
    ['tableProps', () => ({})],
    ['removalPolicy', () => RemovalPolicy.DESTROY],
    ['encryptionKey', (stack: Stack) => new Key(stack, 'Key')],
  ])('is refused beside %s, which is of a new table', (name, valueIn) => {
    expect(() => setUp((stack) => ({ ...of({})(stack), [name]: valueIn(stack) }))).toThrow(
      `Shop/Resilience: expected one of \`existingTable\` and \`${name}\`, got both`,
    );
  });

  test('is refused as long as only its key is given', () => {
    expect(() => setUp({ existingPartitionKey: 'id' })).toThrow('expected `existingTable` beside');
  });
});

describe('a grant', () => {
  test('for breakers is for their states and counts, and nothing else', () => {
    expect(rightsAfter((table, role) => table.grantBreakers(role, ['posts', 'social']))).toEqual([
      'GetItem breaker#posts',
      'GetItem breaker#social',
      'PutItem breaker#posts',
      'PutItem breaker#social',
      'UpdateItem outcomes#posts#*',
      'UpdateItem outcomes#social#*',
    ]);
  });

  test('for operations is for their records, and nothing else', () => {
    expect(rightsAfter((table, role) => table.grantOperations(role, ['charge']))).toEqual([
      'DeleteItem idempotency#charge#*',
      'GetItem idempotency#charge#*',
      'PutItem idempotency#charge#*',
    ]);
  });

  test('for a look at breakers and at the table itself writes nothing', () => {
    const rights = rightsAfter((table, role) => {
      table.grantReadBreakers(role, ['posts']);
      table.grantHealthCheck(role);
    });
    expect(rights).toEqual(['GetItem breaker#posts', 'GetItem health']);
  });

  test('for an operator is for all breakers and operations, without a list of them', () => {
    expect(rightsAfter((table, role) => table.grantOperator(role))).toEqual([
      'DeleteItem idempotency#*#*',
      'GetItem breaker#*',
      'GetItem idempotency#*#*',
      'PutItem breaker#*',
    ]);
  });

  test('for an operator can be for some, and with a list', () => {
    const access = { breakers: ['posts'], operations: [], listBreakers: true };
    expect(rightsAfter((table, role) => table.grantOperator(role, access))).toEqual([
      'GetItem breaker#posts',
      'PutItem breaker#posts',
      'Scan anything',
    ]);
  });

  test.each(['*', 'post?', 'a*', '${aws:username}', '', 'a#b', 'a,b'])(
    'is refused for the name %j, which would widen it',
    (name) => {
      const grants: readonly ((table: ResilienceTable, role: Role) => unknown)[] = [
        (table, role) => table.grantBreakers(role, ['posts', name]),
        (table, role) => table.grantReadBreakers(role, [name]),
        (table, role) => table.grantOperations(role, [name]),
        (table, role) => table.grantOperator(role, { breakers: [name] }),
        (table, role) => table.grantOperator(role, { operations: [name] }),
      ];
      for (const grant of grants)
        expect(() => rightsAfter(grant)).toThrow('to hold a name of 1 to 100 letters, digits');
    },
  );

  test('is refused without names', () => {
    for (const names of [[], undefined])
      expect(() =>
        rightsAfter((table, role) =>
          names
            ? table.grantBreakers(role, names)
            : table.grantOperator(role, { breakers: [], operations: [] }),
        ),
      ).toThrow('expected a grant to name something');
  });

  const TO_READ = ['kms:Decrypt', 'kms:DescribeKey'];
  const TO_WRITE = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
  test.each<[string, readonly string[], (table: ResilienceTable, role: Role) => unknown]>([
    ['looks', TO_READ, (table, role) => table.grantHealthCheck(role)],
    ['writes', [...TO_READ, ...TO_WRITE], (table, role) => table.grantOperations(role, ['charge'])],
  ])(
    'for a role that %s comes with the use of a key of your own, through DynamoDB only',
    (_, actions, grant) => {
      const { table, role, template } = setUp((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
      grant(table, role);
      const ofKey = statementsOf(template()).filter(({ Resource }) =>
        JSON.stringify(Resource).includes('Key'),
      );
      const service = { 'Fn::Join': ['', ['dynamodb.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] };
      expect(ofKey.map(({ Action, Condition }) => [Action, Condition])).toEqual([
        [actions, { StringEquals: { 'kms:ViaService': service } }],
      ]);
    },
  );

  test('of the plain table is for every item', () => {
    const { table, role, template } = setUp();
    table.table.grant(role, 'dynamodb:GetItem');
    expect(rightsOf(statementsOf(template()))).toEqual(['GetItem anything']);
  });
});
