import { expect, test } from 'vitest';
import { allRights, rightsTable, type Template, unexplained } from './rights.ts';

const policy = (...Statement: unknown[]): Template => ({
  Resources: {
    Policy: {
      Type: 'AWS::IAM::Policy',
      Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement } },
    },
  },
});
const users = { 'Fn::GetAtt': ['Users', 'Arn'] };
const refusedOf = (template: Template) => unexplained(allRights(template), template);

test('A right is shown with its role, resource, key prefixes and actions', () => {
  const template = policy({
    ...{ Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: users },
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['breaker#*', 'idempotency#a#*'] } },
  });

  expect(allRights(template)).toEqual([
    {
      ...{ who: '${Role}', resource: '${Users.Arn}', keys: 'breaker#*, idempotency#a#*' },
      action: 'dynamodb:GetItem',
    },
    {
      ...{ who: '${Role}', resource: '${Users.Arn}', keys: 'breaker#*, idempotency#a#*' },
      action: 'dynamodb:PutItem',
    },
  ]);
  expect(rightsTable(allRights(template))[1]).toBe(
    '${Role}         ${Users.Arn}  breaker#*, idempotency#a#*  dynamodb:GetItem dynamodb:PutItem',
  );
  expect(refusedOf(template)).toEqual([]);
});

test.each([
  ['an action', { Action: 'dynamodb:*', Resource: users }],
  ['a resource', { Action: 'dynamodb:GetItem', Resource: '*' }],
  ['a part of a resource', { Action: 's3:GetObject', Resource: { 'Fn::Join': ['', [users, '/*']] } }],
  ['all but some actions', { NotAction: 'iam:*', Resource: users }],
  ['all functions', { Action: 'lambda:InvokeFunction', Resource: 'arn:aws:lambda:us-east-1:1:function:*' }],
  ['the key of another', { Action: 'kms:Decrypt', Resource: '*' }],
])('A wildcard for %s is refused without a reason', (_, statement) => {
  expect(refusedOf(policy({ Effect: 'Allow', ...statement }))).toHaveLength(1);
});

test('A wildcard is let be where it denies, where there is no other way, and where it means the key itself', () => {
  expect(refusedOf(policy({ Effect: 'Deny', Action: 'sqs:*', Resource: '*' }))).toEqual([]);
  expect(refusedOf(policy({ Effect: 'Allow', Action: 'xray:PutTraceSegments', Resource: '*' }))).toEqual([]);
  const versions = { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Charge', 'Arn'] }, ':*']] };
  const invoke = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: versions };
  expect(refusedOf(policy(invoke))).toEqual([]);
  const Statement = [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }];
  expect(
    refusedOf({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement } } } } }),
  ).toEqual([]);
});

test('The policies that a role has of its own count as well', () => {
  const Policies = [{ PolicyDocument: { Statement: { Effect: 'Allow', Action: 's3:*', Resource: users } } }];
  const template = { Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { Policies } } } };
  expect(refusedOf(template)).toHaveLength(1);
});
