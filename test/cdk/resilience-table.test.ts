import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { describe, expect, it } from 'vitest';
import { ResilienceTable, type ResilienceUse } from '../../cdk/constructs/resilience-table.ts';
import { countsKey } from '../../lib/breaker/outcome-counts.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';
import { stateKey } from '../../lib/breaker/state.ts';
import { digestWith, recordKey } from '../../lib/idempotency/key.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const TEMPLATE = fileURLToPath(new URL('../../docs/resilience-table.template.json', import.meta.url));
const written = Template.fromJSON(JSON.parse(readFileSync(TEMPLATE, 'utf8')));

/** The construct as a stack of its own, used by one function's role. */
function synthesized(...uses: readonly ResilienceUse[]): Template {
  const stack = new Stack(new App(), 'Test');
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  new ResilienceTable(stack, 'Resilience').grantUse(role, uses);
  return Template.fromStack(stack);
}

function tableOf(template: Template): Readonly<Record<string, unknown>> {
  const [table, ...others] = Object.values(template.findResources('AWS::DynamoDB::GlobalTable'));
  expect(others).toEqual([]);
  const { Metadata: _, ...rest } = table ?? {};
  return rest;
}

function statementsOf(template: Template, type: string, logicalId?: string): readonly Statement[] {
  return Object.entries(template.findResources(type))
    .filter(([id]) => logicalId === undefined || id === logicalId)
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[]);
}

const actionsOf = (statements: readonly Statement[]) => statements.flatMap(({ Action }) => Action);

describe('the template for those who deploy without the CDK', () => {
  it('has the table of the construct, retained like it', () => {
    expect(tableOf(written)).toEqual(tableOf(synthesized('breakers')));
    expect(tableOf(written)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it.each([
    ['breakers', 'BreakerPolicy', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']],
    ['idempotency', 'IdempotencyPolicy', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem']],
  ] as const)(
    'allows a function for %s what the construct grants, on that table alone',
    (use, policy, actions) => {
      const statements = statementsOf(written, 'AWS::IAM::ManagedPolicy', policy);
      expect(actionsOf(statements)).toEqual(actions);
      expect(actionsOf(statementsOf(synthesized(use), 'AWS::IAM::Policy'))).toEqual(actions);
      expect(statements.map(({ Resource }) => Resource)).toEqual([{ 'Fn::GetAtt': ['Table', 'Arn'] }]);
    },
  );

  it('allows a function that does both each action once', () => {
    expect(actionsOf(statementsOf(synthesized('breakers', 'idempotency'), 'AWS::IAM::Policy'))).toEqual([
      ...['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    ]);
  });

  it('allows an operator to look at idempotency records and to delete them, and nothing of breakers', () => {
    const statements = statementsOf(written, 'AWS::IAM::ManagedPolicy', 'OperatorPolicy');
    expect(actionsOf(statements)).toEqual(['dynamodb:GetItem', 'dynamodb:DeleteItem']);
    const key = recordKey('charge', digestWith(undefined)('k'));
    for (const { Resource, Condition } of statements) {
      expect(Resource).toEqual({ 'Fn::GetAtt': ['Table', 'Arn'] });
      const [pattern = ''] = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
      expect(pattern).toMatch(/\*$/);
      expect(key.startsWith(pattern.slice(0, -1))).toBe(true);
      for (const other of [stateKey('posts'), countsKey('posts', 1, new OpeningRule({}))])
        expect(other.startsWith(pattern.slice(0, -1))).toBe(false);
    }
  });

  it('tells the name of the table and the policies', () => {
    for (const [name, logicalId] of [
      ['TableName', 'Table'],
      ['BreakerPolicyArn', 'BreakerPolicy'],
      ['IdempotencyPolicyArn', 'IdempotencyPolicy'],
      ['OperatorPolicyArn', 'OperatorPolicy'],
    ] as const)
      written.hasOutput(name, { Value: { Ref: logicalId } });
  });

  it('is one that the CDK understands, every reference in it too', () => {
    const stack = new Stack(new App(), 'Included');
    new CfnInclude(stack, 'Template', { templateFile: TEMPLATE });
    Template.fromStack(stack).hasResource('AWS::DynamoDB::GlobalTable', {
      Properties: Match.objectLike({ BillingMode: 'PAY_PER_REQUEST' }),
    });
  });
});
