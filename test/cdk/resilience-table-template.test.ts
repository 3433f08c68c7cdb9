import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { describe, expect, it } from 'vitest';
import { ResilienceTable } from '../../cdk/constructs/resilience-table.ts';
import { createResolver } from '../../lib/local/template/intrinsics.ts';
import { rightsOf, type Statement, statementsOf } from './rights.ts';

const TEMPLATE = fileURLToPath(new URL('../../docs/resilience-table.template.json', import.meta.url));
const text = readFileSync(TEMPLATE, 'utf8');
const written = Template.fromJSON(JSON.parse(text));
const NAMES = ['posts', 'social'];

/** The construct as a stack of its own, used by one role. */
function synthesized(grant: (table: ResilienceTable, role: Role) => void): Template {
  const stack = new Stack(new App(), 'Test');
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  grant(new ResilienceTable(stack, 'Resilience'), role);
  return Template.fromStack(stack);
}

function tableOf(template: Template): Readonly<Record<string, unknown>> {
  const [table, ...others] = Object.values(template.findResources('AWS::DynamoDB::GlobalTable'));
  expect(others).toEqual([]);
  const { Metadata: _, ...rest } = table ?? {};
  return rest;
}

/** A policy as CloudFormation makes it with names in its parameters. */
function deployed(policy: string): readonly Statement[] {
  const Default = NAMES;
  const { resolve } = createResolver(
    { Resources: {}, Parameters: { Breakers: { Default }, Operations: { Default } } },
    { ref: () => undefined, attribute: (logicalId, attribute) => `${logicalId}.${attribute}`, pseudo: {} },
  );
  return resolve(statementsOf(written, 'AWS::IAM::ManagedPolicy', policy)) as readonly Statement[];
}

describe('the template for those who deploy without the CDK', () => {
  it('has the table of the construct, retained like it', () => {
    expect(tableOf(written)).toEqual(tableOf(synthesized(() => undefined)));
  });

  it.each<[string, (table: ResilienceTable, role: Role) => void]>([
    ['BreakerPolicy', (table, role) => table.grantBreakers(role, NAMES)],
    ['IdempotencyPolicy', (table, role) => table.grantOperations(role, NAMES)],
    ['OperatorPolicy', (table, role) => table.grantOperator(role, { breakers: [] })],
    ['BreakerOperatorPolicy', (table, role) => table.grantOperator(role, { operations: [] })],
    [
      'BreakerListPolicy',
      (table, role) => table.grantOperator(role, { breakers: [], operations: [], listBreakers: true }),
    ],
  ])(
    'allows by its %s what the construct grants, with the same conditions, on that table alone',
    (policy, grant) => {
      const statements = deployed(policy);
      expect(rightsOf(statements)).toEqual(rightsOf(statementsOf(synthesized(grant))));
      expect(rightsOf(statements)).not.toEqual([]);
      for (const { Resource } of statements) expect(Resource).toBe('Table.Arn');
    },
  );

  it('takes as names what fibrin takes, and nothing that would widen a condition', () => {
    const { Parameters } = JSON.parse(text) as {
      readonly Parameters: Readonly<Record<string, { readonly AllowedPattern: string }>>;
    };
    expect(Object.keys(Parameters)).toEqual(['Breakers', 'Operations']);
    for (const { AllowedPattern } of Object.values(Parameters)) {
      for (const name of ['', 'posts', 'a.b_c-1']) expect(name).toMatch(new RegExp(AllowedPattern));
      for (const name of ['*', 'a*', 'a?', '${aws:username}', '-a', 'a#b'])
        expect(name).not.toMatch(new RegExp(AllowedPattern));
    }
  });

  it('has no policy for names that were not given', () => {
    const withCondition = { Condition: Match.stringLikeRegexp('^Has(Breakers|Operations)$') };
    expect(Object.keys(written.findResources('AWS::IAM::ManagedPolicy', withCondition))).toEqual([
      'BreakerPolicy',
      'IdempotencyPolicy',
    ]);
  });

  it('tells the name of the table and the policies', () => {
    const policies = Object.keys(written.findResources('AWS::IAM::ManagedPolicy'));
    written.hasOutput('TableName', { Value: { Ref: 'Table' } });
    for (const policy of policies) written.hasOutput(`${policy}Arn`, { Value: { Ref: policy } });
  });

  it('is one that the CDK understands, every reference in it too', () => {
    const stack = new Stack(new App(), 'Included');
    new CfnInclude(stack, 'Template', { templateFile: TEMPLATE });
    Template.fromStack(stack).hasResource('AWS::DynamoDB::GlobalTable', {
      Properties: Match.objectLike({ BillingMode: 'PAY_PER_REQUEST' }),
    });
  });
});
