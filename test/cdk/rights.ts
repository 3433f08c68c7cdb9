import type { Template } from 'aws-cdk-lib/assertions';

/** A statement of a policy, as a template has it. */
export interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const list = <T>(one: T | readonly T[]): readonly T[] => (Array.isArray(one) ? one : [one as T]);

/** The statements of all policies of a kind, of one resource where it is named. */
export const statementsOf = (
  template: Template,
  type = 'AWS::IAM::Policy',
  logicalId?: string,
): readonly Statement[] =>
  Object.entries(template.findResources(type))
    .filter(([id]) => logicalId === undefined || id === logicalId)
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[]);

/** The keys of a table to which a statement applies; `anything` without such a condition. */
function keysOf({ Condition = {} }: Statement): readonly string[] {
  const { 'ForAllValues:StringEquals': equal, 'ForAllValues:StringLike': like, Null, ...rest } = Condition;
  const keys = (equal ?? like)?.['dynamodb:LeadingKeys'];
  if (keys === undefined) return ['anything'];
  // A request without a key would meet `ForAllValues`.
  if (Null?.['dynamodb:LeadingKeys'] !== 'false' || Object.keys(rest).length > 0)
    throw new Error(`expected a condition on keys that must be there, got ${JSON.stringify(Condition)}`);
  return list(keys as string | string[]);
}

/** What statements allow on tables, as `Action key`, sorted. */
export const rightsOf = (statements: readonly Statement[]): readonly string[] =>
  statements
    .flatMap((statement) =>
      list(statement.Action)
        .filter((action) => action.startsWith('dynamodb:'))
        .flatMap((action) => keysOf(statement).map((keys) => `${action.slice('dynamodb:'.length)} ${keys}`)),
    )
    .sort();
