import { App, Stack, Validations } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { Code, type FunctionOptions, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { expect } from 'vitest';

export const QUEUE_POLICY = 'AWS::SQS::QueuePolicy';
export const KEY = 'AWS::KMS::Key';

interface Statement {
  readonly Effect: string;
  readonly Principal?: { readonly Service?: unknown };
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
}

/** What a policy allows, the names of the actions sorted. */
export interface Allowed {
  readonly actions: readonly string[];
  readonly condition: Readonly<Record<string, unknown>> | undefined;
  readonly resource: unknown;
}

export const newStack = (): Stack =>
  new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shop', {
    env: { region: 'eu-west-1', account: '111122223333' },
  });

export const newFunction = (stack: Stack, id: string, options: FunctionOptions = {}): LambdaFunction =>
  new LambdaFunction(stack, id, {
    code: Code.fromInline('exports.handler = async () => undefined;'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    ...options,
  });

const documentOf = (properties: Readonly<Record<string, unknown>>) =>
  (properties['PolicyDocument'] ?? properties['KeyPolicy']) as { readonly Statement: readonly Statement[] };

function allowed(
  template: Template,
  type: string,
  isWanted: (statement: Statement) => boolean,
): readonly Allowed[] {
  return Object.values(template.findResources(type))
    .flatMap(({ Properties }) => documentOf(Properties).Statement)
    .filter((statement) => statement.Effect === 'Allow' && isWanted(statement))
    .map(({ Action, Condition, Resource }) => ({
      actions: [Action].flat().toSorted(),
      condition: Condition,
      resource: Resource,
    }));
}

/** What policies of a kind allow a service. */
export const allowedTo = (template: Template, type: string, service: string): readonly Allowed[] =>
  allowed(template, type, ({ Principal }) => Principal?.Service === service);

/** What roles may do by an action of this prefix. */
export const allowedToRoles = (template: Template, prefix: string): readonly Allowed[] =>
  allowed(template, 'AWS::IAM::Policy', ({ Action }) =>
    [Action].flat().some((one) => one.startsWith(prefix)),
  );

/** An ARN of the stack's partition. */
export const arn = (rest: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:${rest}`]] });

/** For `expect`. */
export const attribute = (logicalId: string) => ({ 'Fn::GetAtt': [expect.stringMatching(logicalId), 'Arn'] });

/** For `template.hasResource…`. */
export const attributeLike = (logicalId: string) => ({
  'Fn::GetAtt': [Match.stringLikeRegexp(logicalId), 'Arn'],
});

/** The findings of cdk-nag that a construct acknowledges. Fails where one has no reason. */
export function acknowledged(construct: IConstruct): readonly string[] {
  const rules = construct.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>));
  for (const [, reason] of rules) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  return rules.map(([rule]) => rule);
}

export const warnings = (stack: Stack): readonly string[] =>
  Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => String(entry.data));
